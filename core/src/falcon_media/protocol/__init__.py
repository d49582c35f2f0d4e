"""What a media handler is, and the guard it stands under."""
