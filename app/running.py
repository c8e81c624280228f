"""Running a command: which function it is, and how what the operator can put right is said."""

import argparse
import sys
from collections.abc import Callable, Mapping

from app import (
    commands,
    documents,
    duty_commands,
    evaluation,
    facts,
    keeping,
    keys,
    menus,
    own_data,
    people,
    questions,
    reindexing,
    vehicles,
)
from app.home import HomeBroken
from app.refused import CommandRefused
from app.serving import PortTaken
from app.settings import SettingsBroken
from app.system import HomeOwned
from booking.services import CatalogBroken
from bot.understanding.words import WordsBroken
from ingestion.loaded import IngestionError
from knowledge.errors import KnowledgeError, LineWrong, SetWrong
from store.errors import GroundError
from store.texts import TextsBroken

COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "init": commands.init,
    "serve": commands.serve,
    "web": commands.web,
    "worker": commands.worker,
    "chat": commands.chat,
    "people": people.people,
    "ask": questions.ask,
    "understand": questions.understand,
    "ingest": documents.ingest,
    "documents": documents.documents,
    "facts": facts.facts,
    "menus": menus.menus,
    "vehicles": vehicles.vehicles,
    "drivers": vehicles.drivers,
    "destinations": vehicles.destinations,
    "eval": evaluation.score_set,
    "reindex": reindexing.reindex,
    "backup": keeping.backup,
    "restore": keeping.restore,
    "move": keeping.move,
    "keys": keys.keys,
    "person": own_data.person,
    "duty": duty_commands.duty,
    "stay": duty_commands.stay,
}

# What the operator can put right: one sentence, no trace.
SENTENCES = (
    SettingsBroken,
    HomeBroken,
    PortTaken,
    HomeOwned,
    CatalogBroken,
    TextsBroken,
    WordsBroken,
    IngestionError,
    KnowledgeError,
    GroundError,
)


def run(options: argparse.Namespace) -> int:
    """Run one command; return its exit code: 1 for what must be put right, 2 for a wrong input."""
    try:
        return COMMANDS[options.command](options)
    except CommandRefused as error:
        return _say(str(error), error.exit_code)
    except (LineWrong, SetWrong) as error:
        return _say(str(error), 2)
    except SENTENCES as error:
        return _say(str(error), 1)
    except OSError as error:
        # A file or folder that cannot be opened; anything else is a mistake of ours.
        if error.filename is None:
            raise
        return _say(f"{error.filename} 用不了（{error.strerror}）。", 1)


def _say(sentence: str, exit_code: int) -> int:
    print(sentence, file=sys.stderr)
    return exit_code
