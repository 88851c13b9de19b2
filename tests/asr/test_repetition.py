"""Loops of a decoder are found; ordinary repetition in speech is not."""

from __future__ import annotations

import pytest

from meetcore.asr.repetition import compression_ratio, loop_start


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", None),
        ("no no no she said", None),
        ("very very very very good", None),
        ("hello hello hello hello hello", 1),
        ("well so what so what so what so what so what", 3),
        ("a b c d a b c d a b c d", None),
        ("x a b c d e a b c d e a b c d e y", 6),
        ("a b c d e f g h i j k l " * 2, 12),
        ("a b c d e f g h i j k " * 2, None),
        ("one two three four five six seven eight nine ten", None),
    ],
)
def test_loop_start(text: str, kept: int | None) -> None:
    assert loop_start(text.split()) == kept


def test_a_loop_of_the_longest_unit_is_found() -> None:
    unit = list(range(40))
    assert loop_start(unit * 3) == 40


def test_compression_ratio_tells_loops_from_prose() -> None:
    prose = "At least, you know, they all call me a Yankee down here, so what can I say?"
    assert compression_ratio("") == 0.0
    assert compression_ratio(prose) < 1.5
    assert compression_ratio("thank you very much " * 20) > 2.4


MENU = {
    "ru": "Нажмите один для записи вашего сообщения при статусе недоступен. Нажмите два для записи"
    " вашего сообщения при статусе занята. Нажмите три для записи вашего имени. Нажмите четыре для"
    " записи временного сообщения. Нажмите пять для смены пароля или звездочку для возврата.",
    "el": "Πατήστε ένα για να ηχογραφήσετε το μήνυμά σας. Πατήστε δύο για να ηχογραφήσετε το όνομά"
    " σας. Πατήστε τρία για να αλλάξετε τον κωδικό σας. Πατήστε τέσσερα για το κύριο μενού.",
    "ar": "اضغط واحد لتسجيل رسالتك. اضغط اثنان لتسجيل اسمك. اضغط ثلاثة لتغيير كلمة المرور. اضغط"
    " أربعة للعودة إلى القائمة الرئيسية. اضغط خمسة لسماع الرسائل القديمة.",
    "hi": "अपना संदेश रिकॉर्ड करने के लिए एक दबाएँ। अपना नाम रिकॉर्ड करने के लिए दो दबाएँ। अपना पासवर्ड"
    " बदलने के लिए तीन दबाएँ। मुख्य मेनू पर लौटने के लिए चार दबाएँ।",
    "th": "กดหนึ่งเพื่อบันทึกข้อความของคุณ กดสองเพื่อบันทึกชื่อของคุณ กดสามเพื่อเปลี่ยนรหัสผ่านของคุณ"
    " กดสี่เพื่อกลับไปที่เมนูหลัก กดห้าเพื่อฟังข้อความเก่า",
    "ja": "メッセージを録音するには一を押してください。名前を録音するには二を押してください。"
    "暗証番号を変えるには三を押してください。メニューに戻るには四を押してください。",
    "ko": "메시지를 녹음하려면 일번을 누르세요. 이름을 녹음하려면 이번을 누르세요."
    " 비밀번호를 바꾸려면 삼번을 누르세요. 메뉴로 돌아가려면 사번을 누르세요.",
}


@pytest.mark.parametrize("language", MENU)
def test_a_menu_is_no_loop_in_any_alphabet(language: str) -> None:
    assert compression_ratio(MENU[language]) < 2.4


@pytest.mark.parametrize(
    "loop",
    ["Продолжение следует... ", "Υπότιτλοι AUTHORWAVE ", "اشتركوا في القناة ", "ご視聴ありがとう。",
     "谢谢观看", "धन्यवाद। ", "ขอบคุณครับ ", "시청해주셔서 감사합니다. "],
)  # fmt: skip
def test_a_loop_is_one_in_any_alphabet(loop: str) -> None:
    assert compression_ratio(loop * 12) > 2.4
