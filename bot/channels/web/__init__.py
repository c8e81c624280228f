"""The web chat at /chat: a page, what is posted from it, and a live stream back to it."""
