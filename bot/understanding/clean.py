"""What was typed or transcribed, in one plain form: half-width, simplified, without noise."""

import re
import unicodedata

MAX_READ = 600

_TRADITIONAL = str.maketrans(
    "訂餐車醫體檢預約週禮點鐘後來給幫爺媽個們這還過時間門問題請說話電總傷發頭個"
    "飯麵湯鹹鹽軟爛糖軍幹員導誰嗎麼麽為寫買賣東錢銀場機飛鐵樓開關閉喫壞燒燈煙氣"
    "氧藥針護師傅誤聽見覺難舊歲長張劉陳趙楊黃吳孫馬趕緊輛輪椅帶從進遠邊裏裡對錯"
    "沒換變動確認謝謝嘆號碼銀轉賬騙賣豬雞魚鴨齊歡樂習條斷腦脈壓緩讓爾兒養療優撫"
    "恤殘疾獨國慶節農曆陰陽臘臺灣聯繫絡熱涼凍乾濕濟濕禦衛兩幾萬億聲響應敲啞盲聾"
    "係唔聽日喺嚟畀摔倒頭暈喘氣憋悶燙傷癢腫麻癱瘓風塵屍屆規範劃畫區縣鄉鎮莊島灘",
    "订餐车医体检预约周礼点钟后来给帮爷妈个们这还过时间门问题请说话电总伤发头个"
    "饭面汤咸盐软烂糖军干员导谁吗么么为写买卖东钱银场机飞铁楼开关闭吃坏烧灯烟气"
    "氧药针护师傅误听见觉难旧岁长张刘陈赵杨黄吴孙马赶紧辆轮椅带从进远边里里对错"
    "没换变动确认谢谢叹号码银转账骗卖猪鸡鱼鸭齐欢乐习条断脑脉压缓让尔儿养疗优抚"
    "恤残疾独国庆节农历阴阳腊台湾联系络热凉冻干湿济湿御卫两几万亿声响应敲哑盲聋"
    "系唔听日喺嚟畀摔倒头晕喘气憋闷烫伤痒肿麻瘫痪风尘尸届规范划画区县乡镇庄岛滩",
)
_PUNCTUATION = str.maketrans(
    {
        ",": "，",
        "?": "？",
        "!": "！",
        ";": "；",
        "~": "，",
        "…": "，",
        "\n": "，",
        "—": "，",
        "(": "，",
        ")": "，",
        "“": "",
        "”": "",
        '"': "",
    }
)
_BREAKS = re.compile(r"[，。！？；\s]*([，。！？；])[，。！？；\s]*")
_NOISE = {"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Mn", "Me"}


def clean(text: str) -> str:
    """Return at most MAX_READ characters of `text`, fit for the rules.

    The cut comes first, so that a giant paste costs nothing. A long story is read at both
    ends: what is wanted stands at the beginning or at the end.
    """
    if len(text) > MAX_READ:
        text = text[: MAX_READ // 2] + "，" + text[-MAX_READ // 2 :]
    text = unicodedata.normalize("NFKC", text.replace("\n", "，"))
    kept = "".join(each for each in text if unicodedata.category(each) not in _NOISE)
    kept = kept.translate(_TRADITIONAL).translate(_PUNCTUATION)
    kept = _BREAKS.sub(r"\1", kept)
    return re.sub(r"(?<![a-zA-Z])\s+|\s+(?![a-zA-Z])", "", kept)[: MAX_READ * 2].strip("，；")
