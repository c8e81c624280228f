"""One package a channel: Telegram, the web chat, the terminal."""
