"""Errors of the ground. Each message is a Chinese sentence for the operator.

GroundError
├── KeyMissing         the database is encrypted and the key is not there
├── KeyWrong           the key is there and opens nothing
├── DatabaseNewer      the database was written by newer code
├── UpgradeBroken      an upgrade would leave rows that refer to nothing; it was not made
└── LeaseLost          another worker has taken the conversation over
"""


class GroundError(Exception):
    """Something the operator must put right before the system can start or go on."""


class KeyMissing(GroundError):
    """The encryption key file or setting is absent."""


class KeyWrong(GroundError):
    """The key does not open what is stored."""


class DatabaseNewer(GroundError):
    """The database schema is newer than this code."""


class UpgradeBroken(GroundError):
    """After an upgrade some rows would refer to nothing; the database is as it was before."""


class LeaseLost(GroundError):
    """The fencing token is no longer ours; nothing was written."""
