import pytest

from finlit.privacy import mask


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("我手机13812345678", "我手机138****5678"),
        ("138 1234 5678", "138****5678"),
        ("身份证500101199003071234", "身份证500101********"),
        ("50010119900307123x逾期", "500101********逾期"),
        ("卡号6222 0212 3456 7890 123", "卡号6222****0123"),
        ("邮箱zhang.san@example.com", "邮箱***@example.com"),
    ],
)
def test_personal_numbers_are_masked_and_stay_recognisable(typed, stored):
    assert mask(typed) == stored


@pytest.mark.parametrize("text", ["欠了12000元", "2024年10月5日", "12378", "订单202411230001", "年化18.25%"])
def test_amounts_dates_and_hotlines_are_left_alone(text):
    assert mask(text) == text
