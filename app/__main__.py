"""The `junxiu` command."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from app import commands, questions
from app.home import HomeNotPrepared
from app.serving import PortTaken
from app.settings import SettingsBroken
from app.system import HomeOwned
from booking.services import CatalogBroken
from bot.understanding.words import WordsBroken
from knowledge.errors import KnowledgeError
from store.errors import GroundError
from store.texts import TextsBroken

# What the operator can put right: one sentence, no trace.
SENTENCES = (
    SettingsBroken,
    HomeNotPrepared,
    PortTaken,
    HomeOwned,
    CatalogBroken,
    TextsBroken,
    WordsBroken,
    KnowledgeError,
    GroundError,
    commands.CommandRefused,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except SENTENCES as error:
        print(str(error), file=sys.stderr)
        return getattr(error, "exit_code", 1)
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="junxiu",
        description="军休助手：问政策、订餐、叫车、约体检，和工作人员的工作台。",
        epilog="第一次用：junxiu serve --demo 打开一个可以试用的示范军休所；junxiu init 建一个真正的。",
    )
    each = parser.add_subparsers(title="命令", metavar="命令", required=True)
    _add_running(each)
    _add_asking(each)
    _add_people(each)
    return parser


def _add_running(each: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    init = _command(each, "init", commands.init, "准备一个真正的军休所，并建第一个管理员")
    init.add_argument("--institution", metavar="名称", help="军休所的名称（不写就问）")
    init.add_argument("--name", metavar="姓名", help="管理员的姓名（不写就问）")
    init.add_argument("--login", metavar="登录名", help="管理员的登录名（不写就问）")
    serve = _command(
        each,
        "serve",
        commands.serve,
        "打开全部服务：网页聊天、工作台、后台处理，设了令牌还有 Telegram",
    )
    serve.add_argument(
        "--demo", action="store_true", help="数据目录还是空的时候，准备一个示范军休所"
    )
    _command(each, "web", commands.web, "只开网页（另外要有 worker 在跑）")
    _command(each, "worker", commands.worker, "只跑后台处理和发送（可以跑几个，用 PostgreSQL 时）")
    chat = _command(each, "chat", commands.chat, "在终端里聊天")
    chat.add_argument(
        "--person", metavar="姓名", help="以示范军休所的哪一位的身份（只在示范数据里能用）"
    )


def _add_asking(each: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ask = _command(each, "ask", questions.ask, "问一个问题，或一个文件里的许多问题")
    ask.add_argument("question", nargs="?", metavar="问题", help="要问的话")
    ask.add_argument("--json", action="store_true", help="用 JSON 输出")
    _file_and_out(ask)
    understand = _command(each, "understand", questions.understand, "看一看每句话被理解成什么")
    _file_and_out(understand, required=True)
    ingest = _command(each, "ingest", questions.ingest, "读入文件、文件夹或 .jsonl")
    ingest.add_argument("paths", nargs="+", type=Path, metavar="文件", help="要读入的文件或文件夹")
    evaluate = _command(each, "eval", questions.evaluate, "用一套题给回答打分")
    evaluate.add_argument("file", type=Path, metavar="题目.jsonl", help="每行一题")
    for command in (ask, understand, ingest, evaluate):
        command.add_argument(
            "--now",
            type=_moment,
            metavar="时间",
            help="当作现在的时间，要带时区，如 2026-11-23T09:00+08:00",
        )


def _add_people(each: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    people = _command(each, "people", commands.people, "看名册，给某一位发绑定码")
    people.add_argument("name", nargs="?", metavar="姓名", help="给谁发绑定码；不写就列出名册")


def _file_and_out(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    parser.add_argument(
        "--file", type=Path, required=required, metavar="输入.jsonl", help="每行一个 JSON 对象"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=required,
        metavar="输出.jsonl",
        help="结果写到这里，每行对应一行",
    )


def _command(
    each: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    parser = each.add_parser(name, help=words, description=words)
    parser.add_argument(
        "--home", type=Path, metavar="目录", help="数据目录（默认是 JUNXIU_HOME，再不然是 ./var）"
    )
    parser.set_defaults(run=run)
    return parser


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"“{text}”不是时间，要写成 2026-11-23T09:00+08:00"
        ) from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"“{text}”没有时区，要写成 2026-11-23T09:00+08:00")
    return moment


if __name__ == "__main__":
    sys.exit(main())
