"""The points of the contract, by what they are about."""
