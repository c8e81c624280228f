"""The conversation: inbox to turn to outbox, on every channel."""
