"""Errors of the ground. Each message is a Chinese sentence for the operator.

GroundError
├── KeyMissing         the database is encrypted and the key is not there
├── KeyWrong           the key is there and opens nothing
├── UpgradeBroken      an upgrade would leave rows that refer to nothing; it was not made
├── DatabaseNewer      the database, or a backup, was written by newer code
├── BackupBroken       a file is no backup, or not the whole of one
├── DatabaseInUse      what must be empty is not, or what must stand still is at work
├── CopyDiffers        what was copied is not what was there; nothing was kept
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


class BackupBroken(GroundError):
    """The file is no backup of ours, or it was damaged."""


class DatabaseInUse(GroundError):
    """The database has data in it already, or processes at work on it."""


class CopyDiffers(GroundError):
    """A copy does not hold what it was made from."""


class LeaseLost(GroundError):
    """The fencing token is no longer ours; nothing was written."""
