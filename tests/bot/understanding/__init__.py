"""Tests of bot.understanding."""
