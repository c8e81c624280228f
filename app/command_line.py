"""What can be typed after `junxiu`. Imports nothing of the system, so that help comes at once."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

KINDS = ("retiree", "family")
SOURCES = ("新闻报道", "官方解读", "政策文件", "本所信息")
FACT_ACTS = ("add", "end")
DOCUMENT_ACTS = ("show", "withdraw", "restore", "remove")


class _Parser(argparse.ArgumentParser):
    """argparse in Chinese, where it speaks for itself."""

    def __init__(self, **settings: Any) -> None:
        settings |= {
            "add_help": False,
            "allow_abbrev": False,
            "formatter_class": argparse.RawDescriptionHelpFormatter,
        }
        super().__init__(**settings)
        self._optionals.title = "选项"
        self._positionals.title = "要写的"
        self.add_argument("-h", "--help", action="help", help="显示这份说明")

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"写法不对：{message}\n看说明：{self.prog} --help\n")


if TYPE_CHECKING:
    _Each: TypeAlias = argparse._SubParsersAction[_Parser]


def read_command_line(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the words; `command` names what to do. Without any, print the help and leave."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        sys.exit(0)
    return options


def _parser() -> _Parser:
    parser = _Parser(
        prog="junxiu",
        description="军休助手：问政策、订餐、叫车、约体检，和工作人员的工作台。",
        epilog="第一次用：\n"
        "  junxiu serve --demo    打开一个可以试用的示范军休所\n"
        "  junxiu init            准备一个真正的军休所，然后运行 junxiu serve\n"
        "每个命令的说明：junxiu 命令 --help。其余设置（JUNXIU_…）见 README。",
    )
    each = parser.add_subparsers(title="命令", metavar="命令", dest="command")
    _add_running(each)
    _add_asking(each)
    _add_documents(each)
    _add_facts(each)
    _add_people(each)
    _add_duty(each)
    _add_menus(each)
    _add_rides(each)
    _add_keeping(each)
    return parser


def _add_running(each: "_Each") -> None:
    init = _command(
        each,
        "init",
        "准备一个真正的军休所，并建第一个管理员",
        "没写的会一样一样地问。密码在终端里输入；没有终端时从标准输入读一行。",
    )
    init.add_argument("--institution", metavar="名称", help="军休所的名称")
    init.add_argument("--name", metavar="姓名", help="管理员的姓名")
    init.add_argument("--login", metavar="登录名", help="管理员登录工作台用的名字")
    serve = _command(
        each,
        "serve",
        "打开全部服务：网页聊天、工作台、后台处理，设了令牌还有 Telegram",
        "网页默认在 http://127.0.0.1:8080（JUNXIU_HOST、JUNXIU_PORT）。按 Ctrl-C 停止。",
    )
    serve.add_argument(
        "--demo", action="store_true", help="数据目录里还没有军休所的时候，准备一个示范军休所"
    )
    _command(
        each, "web", "只开网页聊天和工作台", "回答要靠另外运行的 junxiu worker。按 Ctrl-C 停止。"
    )
    _command(
        each,
        "worker",
        "只跑后台处理、发送和 Telegram",
        "用 PostgreSQL（JUNXIU_DATABASE_URL）时可以同时跑几个。按 Ctrl-C 停止。",
    )
    chat = _command(
        each, "chat", "在终端里聊天", "打字就行；按钮前有编号，输入编号就是按它。Ctrl-D 结束。"
    )
    chat.add_argument(
        "--person", metavar="姓名", help="以示范军休所哪一位的身份（只在示范数据里能用）"
    )


def _add_asking(each: "_Each") -> None:
    ask = _command(
        each,
        "ask",
        "问一个问题，或一个文件里的许多问题",
        "数据目录里还没有文件时，先读入自带的通知。",
    )
    ask.add_argument("question", nargs="?", metavar="问题", help="要问的话")
    ask.add_argument("--json", action="store_true", help="回答写成一行 JSON")
    _file_and_out(ask)
    understand = _command(
        each, "understand", "看一看每句话被理解成什么", "每行一个 {id, text}，写出意图和内容。"
    )
    _file_and_out(understand, required=True)
    _command(
        each,
        "reindex",
        "丢掉检索索引，只凭数据库重建",
        "文件一份也不会少；缺的向量会重新算，没有用的会清掉。要先停掉正在运行的服务。",
    )
    evaluate = _command(
        each,
        "eval",
        "用一套题给回答打分",
        "每行一个 {id, question, kind, gold…} 或 {id, question, document, answer}。\n"
        '第一行可以写要求：{"bars": {"answerable": 0.95}}。没达到要求，或有违例，退出码是 1。\n'
        "每次的结果留在数据目录的 evaluations/ 里，下一次和它比。",
    )
    evaluate.add_argument("file", nargs="?", type=Path, metavar="题目.jsonl", help="每行一题")
    evaluate.add_argument(
        "--own", action="store_true", help="给本所题库打分（在工作台“问过的问题”里收的题）"
    )
    evaluate.add_argument(
        "--export", type=Path, metavar="文件.jsonl", help="把本所题库写成文件，去掉个人信息，不打分"
    )
    evaluate.add_argument(
        "--without-documents",
        action="store_true",
        help="写明 document 的题再问一遍，当那份文件不在，看会不会还说有",
    )
    evaluate.add_argument(
        "--chart", type=Path, metavar="图.png", help="画出风险—覆盖曲线（要装 junxiu[evaluation]）"
    )
    for command in (ask, understand, evaluate):
        _now(command)


def _add_documents(each: "_Each") -> None:
    ingest = _command(
        each,
        "ingest",
        "读入文件、文件夹或 .jsonl",
        "同一份文件再读一次就是它的新版本。正在运行的服务会自己跟上。\n"
        "文号、发文机关、日子这些，文件里写明白的会自己读出来；写了下面的选项就以选项为准。",
    )
    ingest.add_argument("paths", nargs="+", type=Path, metavar="文件", help="要读入的文件或文件夹")
    ingest.add_argument("--house", metavar="名称", help="只给这个军休所的人看；不写就是全国的")
    ingest.add_argument("--source", choices=SOURCES, help="是什么样的文件")
    ingest.add_argument("--issuer", metavar="机关", help="发文机关")
    ingest.add_argument("--number", metavar="文号", help="如 军休发〔2026〕3号")
    ingest.add_argument("--issued", type=_day, metavar="日期", help="印发的日子，如 2026-11-23")
    ingest.add_argument(
        "--from", dest="starts_on", type=_day, metavar="日期", help="从哪一天起用，以前不回答"
    )
    ingest.add_argument(
        "--until", dest="ends_on", type=_day, metavar="日期", help="用到哪一天，以后不回答"
    )
    ingest.add_argument("--region", metavar="地区", help="在哪里适用，如 北京市")
    ingest.add_argument(
        "--replaces", metavar="编号", help="代替哪一份（junxiu documents 里的编号）"
    )
    _now(ingest)
    documents = _command(
        each,
        "documents",
        "看有哪些文件，撤回、恢复、删除一份",
        "junxiu documents               列出文件和它们的状态\n"
        "junxiu documents show 编号      看一份文件和它的每一段\n"
        "junxiu documents withdraw 编号  撤回：马上不再回答，可以恢复\n"
        "junxiu documents restore 编号   恢复撤回的\n"
        "junxiu documents remove 编号    删除：正文、各版本和索引都不留",
    )
    acts = "|".join(DOCUMENT_ACTS)
    documents.usage = f"junxiu documents [--house 名称] | junxiu documents {acts} 编号"
    documents.add_argument("words", nargs="*", metavar="做什么 编号", help="不写就列出文件")
    documents.add_argument("--house", metavar="名称", help="只看这个军休所自己的文件")
    _now(documents)


def _add_facts(each: "_Each") -> None:
    facts = _command(
        each,
        "facts",
        "看本所信息，写一条，停用一条",
        "junxiu facts                                列出各所的信息，快到期的在前面\n"
        'junxiu facts add "食堂几点开？" "早饭7点。" --owner 小李 --until 2026-12-31\n'
        "junxiu facts end 编号                        停用：马上不再回答\n"
        "要改一条，请到工作台的“本所信息”里改。",
    )
    facts.usage = (
        "junxiu facts [--house 名称] | junxiu facts add 问题 回答 [选项] | junxiu facts end 编号"
    )
    facts.add_argument(
        "words", nargs="*", metavar="做什么", help="不写就列出；add 问题 回答，或者 end 编号"
    )
    facts.add_argument("--house", metavar="名称", help="只列这个军休所的")
    facts.add_argument("--owner", metavar="姓名", help="谁管这一条（所里的工作人员）")
    facts.add_argument(
        "--until", dest="ends_on", type=_day, metavar="日期", help="有效到哪一天，如 2026-12-31"
    )
    facts.add_argument(
        "--from", dest="starts_on", type=_day, metavar="日期", help="从哪一天起用，不写就是马上"
    )


def _add_duty(each: "_Each") -> None:
    duty = _command(
        each,
        "duty",
        "看谁请了假，记谁不在、谁替",
        "junxiu duty                                     谁请了假\n"
        "junxiu duty away 小李 --until 2026-11-27 --stand-in 小王",
    )
    duty.add_argument("words", nargs="*", metavar="做什么", help="不写就列出；away 姓名 是记假")
    duty.add_argument(
        "--from", dest="starts_on", type=_day, metavar="日期", help="从哪天，不写就是今天"
    )
    duty.add_argument(
        "--until", dest="ends_on", type=_day, metavar="日期", help="到哪天，这一天也算"
    )
    duty.add_argument("--stand-in", metavar="姓名", help="谁替他")
    stay = _command(
        each,
        "stay",
        "记一位去世、住院、搬走、回家",
        "订好的事停下，平常的消息不再发，工作人员都会知道。",
    )
    stay.add_argument("name", metavar="姓名", help="名册里的姓名")
    stay.add_argument(
        "kind",
        choices=("died", "hospital", "moved", "home"),
        help="去世（died）、住院（hospital）、搬走（moved）、回家（home）",
    )


def _add_people(each: "_Each") -> None:
    people = _command(
        each,
        "people",
        "看名册，添一位，给某一位发绑定码",
        "junxiu people                 列出名册\n"
        "junxiu people 张三            给张三发绑定码（24小时内有效，只能用一次）\n"
        "junxiu people add 张三 --phone 13800000000 --care 独居\n"
        "junxiu people add 张四 --kind family --of 张三 --calls 我爸",
    )
    people.usage = "junxiu people [姓名] | junxiu people add 姓名 [选项]"
    people.add_argument(
        "words", nargs="*", metavar="姓名", help="不写就列出名册；前面写 add 是添人"
    )
    people.add_argument(
        "--kind", choices=KINDS, help="军休干部（retiree，不写就是）或家属（family）"
    )
    people.add_argument("--phone", metavar="手机号", help="本人的手机号，Telegram 里可以凭它绑定")
    people.add_argument("--address", metavar="住址", help="送餐和接人的地方")
    people.add_argument("--salutation", metavar="称呼", help="怎么称呼他（如 张老），不写就是姓名")
    people.add_argument(
        "--care", metavar="独居、空巢", help="是不是重点人员：失能、失智、独居、空巢，用顿号隔开"
    )
    people.add_argument("--of", metavar="姓名", help="是哪一位军休干部的家属，可以替他办事")
    people.add_argument("--calls", metavar="叫法", help="家属怎么叫他，如 我爸")


def _add_menus(each: "_Each") -> None:
    menus = _command(
        each,
        "menus",
        "看食谱，导入一个星期的食谱，出一个月的饭账",
        "junxiu menus                                列出往后七天的食谱\n"
        "junxiu menus form 食谱.xlsx                  写一张下个星期的空表，照着填\n"
        "junxiu menus import 食谱.xlsx                导入；写错了会说哪一行哪一列，一行也不导入\n"
        "junxiu menus statement 2026-11 饭账.xlsx     一个月里每个人的饭账",
    )
    menus.usage = (
        "junxiu menus [--house 名称] | junxiu menus form|import 文件.xlsx | "
        "junxiu menus statement 年-月 文件.xlsx"
    )
    menus.add_argument("words", nargs="*", metavar="做什么", help="不写就列出食谱")
    menus.add_argument("--house", metavar="名称", help="哪个军休所的，不写就是第一个")


def _add_keeping(each: "_Each") -> None:
    backup = _command(
        each,
        "backup",
        "做一份备份，服务开着也可以做",
        "写成一个文件，放在数据目录的 backups/ 里。里面没有密钥：密钥要另外存好，没有它备份打不开。",
    )
    backup.add_argument("--to", type=Path, metavar="文件.zip", help="写到哪里")
    restore = _command(
        each,
        "restore",
        "用一份备份恢复到还没有数据的目录或数据库",
        "先把当时的密钥放进新的数据目录（文件名 key），或者用 JUNXIU_KEY 给出。\n"
        "备份是哪一种数据库做的都可以；设了 JUNXIU_DATABASE_URL 就恢复到那里。",
    )
    restore.add_argument("file", type=Path, metavar="备份.zip", help="junxiu backup 写的文件")
    move = _command(
        each,
        "move",
        "把全部数据搬到 PostgreSQL",
        "先停掉正在运行的服务。搬完逐行核对，对不上就什么也不留；原来的数据库文件改名放着。",
    )
    move.add_argument(
        "--to", required=True, metavar="postgresql://…", help="空的 PostgreSQL 数据库的地址"
    )
    keys = _command(
        each,
        "keys",
        "看密钥的指纹，换一把密钥",
        "junxiu keys           写出现在的密钥的指纹\n"
        "junxiu keys rotate    换一把新的：全部数据重新加密，中断了再运行一次就接着换\n"
        "换之前先停掉正在运行的服务，并做一份备份。以前的备份仍要用旧密钥打开。",
    )
    keys.usage = "junxiu keys | junxiu keys rotate"
    keys.add_argument("words", nargs="*", metavar="rotate", help="不写就只看指纹")
    person = _command(
        each,
        "person",
        "把一个人的全部资料交给他，或者删除",
        "junxiu person export 张三 --to 张三.zip    他的全部资料，打得开的 JSON\n"
        "junxiu person erase 张三                  删除：只留下不带姓名的单数",
    )
    person.usage = "junxiu person export 姓名 --to 文件.zip | junxiu person erase 姓名 --yes"
    person.add_argument("words", nargs="*", metavar="做什么 姓名", help="export 或 erase，和姓名")
    person.add_argument("--to", type=Path, metavar="文件.zip", help="写到哪里")
    person.add_argument("--yes", action="store_true", help="确定要删除；删了找不回来")


def _add_rides(each: "_Each") -> None:
    vehicles = _command(
        each,
        "vehicles",
        "看有哪些车，添一辆",
        "junxiu vehicles                                      列出车\n"
        "junxiu vehicles add 一号车 --seats 4 --wheelchair     添一辆所里的车\n"
        "junxiu vehicles add 大众 --kind partner --seats 4 --phone 13800000000\n"
        "停用、改动在工作台的“车辆和司机”里办：已经派出去的单子会跟着改派。",
    )
    vehicles.add_argument(
        "--kind",
        choices=("own", "partner", "hailing"),
        default="own",
        help="所里的车（own，不写就是）、合作车队的（partner）、网约车（hailing）",
    )
    vehicles.add_argument(
        "--seats", type=int, default=4, metavar="几位", help="能坐几位，不算司机（不写就是4）"
    )
    vehicles.add_argument("--wheelchair", action="store_true", help="能放轮椅")
    drivers = _command(
        each,
        "drivers",
        "看有哪些司机，添一位",
        "junxiu drivers                                       列出司机\n"
        "junxiu drivers add 马师傅 --phone 13800000000 --vehicle 一号车 --days 12345\n"
        "请假在工作台的“车辆和司机”里记。",
    )
    drivers.add_argument("--vehicle", metavar="车名", help="平时开哪辆车")
    places = _command(
        each,
        "destinations",
        "看常去的地方，添一个",
        "junxiu destinations                                  列出地方\n"
        "junxiu destinations add 总医院 --aliases 301、总院 --minutes 40 --hospital",
    )
    places.add_argument("--aliases", metavar="叫法", help="别的叫法，用顿号隔开")
    places.add_argument("--address", metavar="地址", help="在哪里")
    places.add_argument("--minutes", type=int, metavar="分钟", help="路上多少分钟，单程")
    places.add_argument("--waiting", type=int, metavar="分钟", help="在那边一般多少分钟")
    places.add_argument("--hospital", action="store_true", help="是医院，前一天就要有人接单")
    for command in (vehicles, drivers):
        command.add_argument("--phone", metavar="电话", help="会告诉坐车的人")
        command.add_argument("--days", metavar="12345", help="星期几出车，1是星期一；不写就是每天")
        command.add_argument("--from", dest="from_time", type=_clock_time, metavar="08:00")
        command.add_argument("--until", dest="until_time", type=_clock_time, metavar="17:30")
    for command in (vehicles, drivers, places):
        command.add_argument("words", nargs="*", metavar="add 名字", help="不写就列出来")
        command.add_argument("--house", metavar="名称", help="哪个军休所；不写就是第一个")


def _clock_time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}”不是时间，要写成 08:00") from error


def _now(parser: _Parser) -> None:
    parser.add_argument(
        "--now",
        type=_moment,
        metavar="时间",
        help="当作现在的时间，要带时区，如 2026-11-23T09:00+08:00",
    )


def _file_and_out(parser: _Parser, *, required: bool = False) -> None:
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


def _command(each: "_Each", name: str, words: str, more: str) -> _Parser:
    parser: _Parser = each.add_parser(name, help=words, description=f"{words}。\n\n{more}")
    parser.add_argument(
        "--home", type=Path, metavar="目录", help="数据目录（默认是 JUNXIU_HOME，再不然是 ./var）"
    )
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


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}”不是日期，要写成 2026-11-23") from error
