"""Telegram: our own receiving loop or webhook over python-telegram-bot's Bot, and the sender.

channel     everything put together; what the wiring builds
receiving   the long poll: one leased poller per bot
webhook     what Telegram posts, when there is a public address
door        one update: read, stored, then acknowledged
translation an update becomes an Incoming
sender      a Message leaves, or replaces an earlier one
layout      a Message as Telegram can show it: pieces and keyboards
line        the HTTP line: its errors told apart, its token kept out of the log
"""
