"""Other governments' nodes: who they are, and what is sent to and taken from them."""
