"""How good is it? Errors of predicted stars, hits of recommended lists, one protocol for both."""
