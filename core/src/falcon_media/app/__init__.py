"""Install the selected handlers into a Falcon app."""
