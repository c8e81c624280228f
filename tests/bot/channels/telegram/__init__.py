"""Tests of the Telegram channel, against a Bot API server of our own."""
