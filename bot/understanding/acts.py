"""What someone is doing with a clause: asking, booking, cancelling, changing, complaining."""

import re

from bot.understanding.commands import Intent
from bot.understanding.words import ActWords, Words

_HOW = re.compile(
    r"怎么|咋|如何|多久|几天|几个小时|规定|扣|要钱|收费|条件|可不可以|能不能|允许|最晚|最迟|哪里|哪儿|流程|电话"
)
_POLITE = re.compile(
    r"(?:能|可以|能不能|可不可以|可否|能否|好不好|行不行)(?:帮|给|替|把|麻烦|取消|改|换|退|不|$)"
)
_TAIL_ASK = re.compile(
    r"(?:，|^)?(?:可以|行|好|中|成|能|方便|要得|可|合适|得|有空|来得及|对|够)(?:不可以|不行|不好|不中|不成|不能|不对)?(?:吗|么|不|吧|啵|不啦|呗|嘛|没)?[？，。]*$"
)
# 有没有人给我送饭 wants the meal, not the person.
_GIVE_ME = re.compile(
    r"(?:给|帮|替)(?:我|俺|我们|他|她|老伴)(?:送|订|定|派|叫|约|留|安排|做|打)(?!电话|个电话|一个电话)"
)
_THANKS = re.compile(r"(?:谢谢|多谢|感谢|辛苦|麻烦)[你您们了啦啊]*$")
# 哪天都中 asks nothing; 开不开 does.
_ANY = re.compile(r"(?:哪[天个儿里种位]?|什么(?:时候)?|啥(?:时候)?|怎么|几点|谁)都")
_A_NOT_A = re.compile(r"([一-龥])不\1")
_CAN_DO = re.compile(r"(?:能|可以|行|好|可否|能否)[^，。]{0,8}(?:派|送|接|排|约|订|安排|留|叫|加)")
_TWICE = re.compile(r"^(.{2,}?)\1+$")
_PARTICLES = re.compile(r"[啊呀呢吧嘛哈啦哦噢咯喽呗哟哩咧嘞]+$")


class ActReader:
    """Reads the act of one clause from the words file."""

    def __init__(self, words: Words) -> None:
        """Keep the words and the order in which whole answers are tried."""
        self._words = words
        self._alone: list[tuple[Intent, ActWords]] = [
            (Intent.RESTART, words.restart),
            (Intent.BACK, words.back),
            (Intent.CANCEL, words.cancel),
            (Intent.CHANGE, words.modify),
            (Intent.REPEAT, words.repeat),
            (Intent.CONFIRM, words.confirm),
            (Intent.GREETING, words.greeting),
        ]

    def alone(self, clause: str) -> Intent | None:
        """Return the intent of a clause that is nothing but a set phrase."""
        said = clause.strip("，。！；")
        bare = _PARTICLES.sub("", said.strip("？"))
        once = _TWICE.sub(r"\1", bare)
        uncalled = _PARTICLES.sub("", self._words.vocatives.says.pattern.sub("", bare))
        for forms in ((said, said.strip("？"), bare, once), (uncalled,)):
            for intent, words in self._alone:
                if any(form and words.alone.is_all_of(form) for form in forms):
                    return intent
        thankless = _THANKS.sub("", bare)
        if self._words.confirm.alone.is_run_of(thankless):
            return Intent.CONFIRM
        # 小同志，首长: someone is only called.
        return Intent.GREETING if bare and not uncalled else None

    def whole(self, text: str) -> Intent | None:
        """Return complaint or praise, which colour a whole message."""
        complaint, praise = self._words.complaint, self._words.praise
        if complaint.asks.said(text):
            return None
        if complaint.says.said(complaint.not_says.pattern.sub("□", text)):
            return Intent.COMPLAINT
        if self.asks(text):
            return None
        return Intent.PRAISE if praise.says.said(praise.not_says.pattern.sub("□", text)) else None

    def fraud(self, text: str) -> bool:
        """Tell money, codes or papers asked in someone's name, or doubts about who asks."""
        words = self._words.fraud
        rest = words.not_says.pattern.sub("□", text)
        if words.says.said(rest) or words.lost.said(rest):
            return True
        comes, is_it_us = words.tellers.said(rest), words.yours.said(rest)
        if words.wants.said(rest):
            return comes or is_it_us or words.doubts.said(rest)
        return comes and is_it_us

    def gave_away(self, text: str) -> bool:
        """Tell that the money or the code has been given already."""
        words = self._words.fraud
        return words.lost.said(words.not_says.pattern.sub("□", text))

    def act(self, clause: str, *, service: str | None, has_details: bool = False) -> Intent | None:
        """Return what a clause does, None when it only tells something."""
        words = self._words
        if words.status.says.said(clause):
            return Intent.STATUS
        asks = self.asks(clause)
        if words.human.says.said(clause) and not (service and _GIVE_ME.search(clause)):
            return Intent.HUMAN
        kept = words.cancel.not_says.pattern.sub("□", clause)
        if words.cancel.says.said(kept) or words.cancel.alone.is_all_of(clause):
            return Intent.QUESTION if asks and self._asks_how(clause) else Intent.CANCEL
        if words.change.says.said(clause):
            return Intent.QUESTION if asks and self._asks_how(clause) else Intent.CHANGE
        if words.repeat.says.said(clause):
            return Intent.REPEAT
        if asks:
            return Intent.BOOK if self._asks_favour(clause, has_details) else Intent.QUESTION
        if words.asks.others.said(clause):
            return None
        if words.asks.wants.said(clause) and not words.asks.policy.said(clause):
            return Intent.BOOK
        return Intent.BOOK if service is not None and self.orders(clause, service) else None

    def asks(self, clause: str) -> bool:
        """Tell a question; 行吗 and 可以吗 at the end of a wish do not make one."""
        plain = _ANY.sub("", _TAIL_ASK.sub("", clause))
        return self._words.asks.marks.said(plain) or _A_NOT_A.search(plain) is not None

    def is_tail(self, clause: str) -> bool:
        """Tell a clause that is only 行吗 or 可以吗."""
        return _TAIL_ASK.fullmatch(clause) is not None

    def corrects(self, clause: str) -> re.Match[str] | None:
        """Return the 不对 at the beginning of a correction."""
        return self._words.change.corrections.begins(clause.lstrip("，。！？；"))

    def speaks_of_policy(self, clause: str) -> bool:
        """Tell words of rules and benefits."""
        return self._words.asks.policy.said(clause)

    def orders(self, clause: str, service: str) -> bool:
        """Tell a verb by which the service is ordered."""
        return self._words.services[service].book.said(clause)

    def _asks_favour(self, clause: str, has_details: bool) -> bool:
        """Tell 能派个车送我吗 and 能排到周三吗 from a question about the rules."""
        if self._words.asks.policy.said(clause):
            return False
        if self._words.asks.favours.said(clause):
            return True
        return has_details and _CAN_DO.search(clause) is not None

    def _asks_how(self, clause: str) -> bool:
        return _HOW.search(clause) is not None and _POLITE.search(clause) is None
