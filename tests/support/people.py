"""Invented people for simulations: a few in each country's own script, and as many plain records as a test wants.

Every name is put together from common parts; no real person is meant. All is drawn from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invented:
    """Someone a member holds. native: in the member's script; heard: as an officer elsewhere writes it in Latin."""

    owner: str
    record_id: str
    native: str
    heard: str
    birth_date: str
    phone: str
    passport: str
    account: str

    @property
    def record(self) -> Line:
        """The owner's record line."""
        return {
            "record_id": self.record_id,
            "names": [{"text": self.native}],
            "birth_date": self.birth_date,
            "nationality": self.owner.upper(),
            "phones": [self.phone],
            "documents": [{"type": "passport", "issuer": self.owner.upper(), "number": self.passport}],
            "accounts": [self.account],
            "category": "suspect",
        }


_NATIVE = {
    "cn": (("欧阳建国", "Ouyang Jianguo"), ("陈美玲", "Chen Meiling")),
    "kh": (("សុខ សុភា", "Sok Sophea"), ("ចាន់ ដារ៉ា", "Chan Dara")),
    "la": (("ສົມພອນ ວົງສະຫວັນ", "Somphone Vongsavanh"), ("ບຸນມີ ໄຊຍະວົງ", "Bounmy Xayavong")),
    "mm": (("အောင်ကျော်မိုး", "Aung Kyaw Moe"), ("ခင်မာလာ", "Khin Mar Lar")),
    "th": (("สมชาย ใจดี", "Somchai Jaidee"), ("อนงค์ ศรีสุวรรณ", "Anong Srisuwan")),
    "vn": (("Nguyễn Văn Hùng", "Nguyen Van Hung"), ("Trần Thị Hoa", "Tran Thi Hoa")),
}
_DIALLING = {"cn": "+86138", "kh": "+85512", "la": "+85620", "mm": "+95942", "th": "+6681", "vn": "+8490"}
_DIGITS = {"cn": 8, "kh": 6, "la": 8, "mm": 7, "th": 7, "vn": 7}
_SURNAMES = {
    "cn": "刘 赵 周 徐 孙 马 朱 胡 郭 何".split(),
    "kh": "កែវ ម៉ៅ ឈឹម លី ហេង ឡុង សៀង ព្រំ ទេព ខៀវ".split(),
    "la": "ພົມມະຈັນ ສີສະຫວາດ ແກ້ວມະນີ ອິນທະວົງ ຄຳພູ ສຸລິຍະວົງ ໄຊຍະສານ ຈັນທະລາ ບຸນຍະສິດ ທອງສະຫວັດ".split(),
    "mm": "မောင် လှ တင် ဝင်း သန်း ထွန်း ဇော် မြင့် စိုး နိုင်".split(),
    "th": "แก้วมณี ทองสุข วงศ์ใหญ่ บุญมา สายทอง ศรีสุข จันทร์เพ็ญ พรหมมา คำแก้ว อินทร์แก้ว".split(),
    "vn": "Lê Phạm Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ".split(),
}
_GIVEN = {
    "cn": "志强 秀英 丽娜 海燕 文博 晓东 雪梅 国栋 春兰 子涵".split(),
    "kh": "សំណាង វិចិត្រា បូរ៉ា ស្រីមុំ រតនា វណ្ណៈ ពិសិដ្ឋ កល្យាណ មករា ចិន្តា".split(),
    "la": "ຄຳແສງ ບົວວັນ ວິໄລ ສີດາ ທອງໃບ ພູວົງ ແສງຈັນ ນິດຕາ ອານຸສອນ ມະນີວັນ".split(),
    "mm": "သီရိ ဖြိုး နှင်း ခိုင် ဝေ ရီ ကို ညီ သူ အေး".split(),
    "th": "วิชัย มาลี ประเสริฐ สุนีย์ ธนากร พิมพ์ใจ ณรงค์ กมลชนก อภิชาติ รัตนา".split(),
    "vn": "Minh Tuấn Thị Lan Quốc Bảo Ngọc Anh Đức Thắng Thu Hà Hoàng Long Mỹ Linh Thanh Sơn Kim Oanh".split(),
}


def invented(owner: str) -> tuple[Invented, ...]:
    """The people of a member whom searches look for."""
    found = []
    for place, (native, heard) in enumerate(_NATIVE[owner]):
        number = str(41_735_209 + 7_919 * place + 104_729 * sorted(_NATIVE).index(owner))
        digits = number[-_DIGITS[owner] :]
        found.append(
            Invented(
                owner,
                f"{owner.upper()}-{place + 1:04d}",
                native,
                heard,
                f"19{71 + 3 * place}-{4 + place:02d}-{17 + place}",
                f"{_DIALLING[owner]}{digits}",
                f"P{number}",
                f"{number}{number}",
            )
        )
    return tuple(found)


def neighbours(owner: str, count: int, seed: int) -> list[Line]:
    """Other records of a member, in its script."""
    draw = random.Random(f"{owner}-{seed}")
    return [
        {
            "record_id": f"{owner.upper()}-{1000 + place}",
            "names": [{"text": _joined(owner, draw)}],
            "birth_date": f"{draw.randint(1950, 2004)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
            "phones": [phone_of(owner, draw.randrange(10 ** _DIGITS[owner]))],
        }
        for place in range(count)
    ]


def numbered(prefix: str, count: int, seed: int, first: int = 0) -> list[Line]:
    """Plain records, each with a phone of its own (phone_of("th", its number)), to be found exactly once."""
    draw = random.Random(f"{prefix}-{seed}")
    return [
        {
            "record_id": f"{prefix}-{number:05d}",
            "names": [{"text": _joined("th", draw)}],
            "birth_date": f"{draw.randint(1950, 2004)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
            "phones": [phone_of("th", number)],
        }
        for number in range(first, first + count)
    ]


def phone_of(owner: str, number: int) -> str:
    """A mobile number of a country, different for each number."""
    return f"{_DIALLING[owner]}{number % 10 ** _DIGITS[owner]:0{_DIGITS[owner]}d}"


def phones_of(records: Sequence[Line]) -> list[str]:
    """The first phone of each record."""
    return [record["phones"][0] for record in records]


def _joined(owner: str, draw: random.Random) -> str:
    surname, given = draw.choice(_SURNAMES[owner]), draw.choice(_GIVEN[owner])
    if owner in {"cn", "mm"}:
        return surname + given
    return f"{given} {surname}" if owner in {"la", "th"} else f"{surname} {given}"
