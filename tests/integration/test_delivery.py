"""A lender's delivery: taken over to the fen, all or nothing, twice without a change; faults told by line."""

import shutil
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from finlit.accounts import queries
from finlit.cli import main
from finlit.db import demo, engine, schema, tables
from finlit.db.delivery import columns
from finlit.db.delivery.reading import MOST_FAULTS, BadDelivery
from finlit.db.delivery.takeover import take_over
from finlit.settings import SHANGHAI
from tests import deliveries

pytestmark = pytest.mark.both_engines

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The demo customers' accounts as a lender would deliver them: ``{file: [row, …]}``."""
    from dataclasses import replace

    from finlit import settings as finlit_settings

    url = f"sqlite:///{tmp_path_factory.mktemp('exported') / 'source.db'}"
    schema.migrate(engine.engine_for(url))
    demo.seed(replace(finlit_settings.parse({}), database_url=url, fixed_now=NOW))
    yield deliveries.of_database(url)
    engine.dispose(url)


@pytest.fixture
def rows(exported):
    """A copy of the delivery to spoil."""
    return {name: [dict(row) for row in listed] for name, listed in exported.items()}


@pytest.fixture
def target(settings):
    opened = engine.engine_for(settings.database_url)
    schema.migrate(opened)
    return opened


@pytest.fixture
def deliver(target, tmp_path):
    """Write rows as a delivery of their own and take it over."""
    numbers = iter(range(1000))

    def run(rows, check_only=False):
        folder = deliveries.write(tmp_path / f"delivery-{next(numbers)}", rows)
        return take_over(target, folder, NOW, check_only)

    return run


@pytest.fixture
def refused(deliver, target):
    """Take over rows that must be refused; returns what was said, and sees that nothing was written."""

    def run(rows):
        before = everything(target)
        with pytest.raises(BadDelivery) as raised:
            deliver(rows)
        assert everything(target) == before
        return raised.value.faults.lines

    return run


def everything(target):
    with target.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.Base.metadata.sorted_tables
        }


def accounts(url):
    """Return every figure that the assistant would tell."""
    with engine.sessions(url)() as session:
        return {
            customer.id: (
                queries.accounts(session, customer.id),
                [account.stands(NOW.date()) for account in queries.accounts(session, customer.id)],
                queries.payment_history(session, customer.id, 100),
                queries.credit_reporting(session, customer.id, NOW.date()),
            )
            for customer in demo.CUSTOMERS
        }


def changed(takeover):
    return {change.table: (change.added, change.changed, change.removed) for change in takeover.changes
            if (change.added, change.changed, change.removed) != (0, 0, 0)}  # fmt: skip


def test_every_figure_is_the_same_after_a_delivery(deliver, exported, settings, tmp_path):
    deliver(exported)
    taken = accounts(settings.database_url)
    source = f"sqlite:///{tmp_path / 'source.db'}"
    schema.migrate(engine.engine_for(source))
    from dataclasses import replace

    demo.seed(replace(settings, database_url=source))
    assert taken == accounts(source)
    engine.dispose(source)


def test_the_same_delivery_again_is_recognised_and_changes_nothing(target, settings, exported, tmp_path, capsys):
    folder = str(deliveries.write(tmp_path / "delivery", exported))
    assert main.main(["db", "import", folder]) == 0
    assert f"customers       新增 {len(demo.CUSTOMERS)}，更新 0，删除 0" in capsys.readouterr().out
    before = everything(target)
    assert main.main(["db", "import", folder]) == 0
    assert "已经导入过，没有变化" in capsys.readouterr().out
    assert everything(target) == before


def test_the_same_content_in_another_file_writes_no_row(deliver, exported, target):
    deliver(exported)
    before = everything(target)
    shuffled = {name: list(reversed(listed)) for name, listed in exported.items()}
    assert changed(deliver(shuffled)) == {}
    after = everything(target)
    assert len(after.pop("data_imports")) == 2
    before.pop("data_imports")
    assert after == before


def test_a_new_repayment_is_added_and_a_reversed_one_removed(deliver, rows, settings):
    deliver(rows)
    part = next(row for row in rows["allocations"] if row["loan_id"] == "partly-paid-1" and row["penalty"] != "0")
    rows["allocations"].remove(part)
    rows["repayments"] = [
        row for row in rows["repayments"] if (row["loan_id"], row["reference"]) != ("partly-paid-1", part["reference"])
    ]
    rows["repayments"].append(
        {"loan_id": "late-20-1", "reference": "NEW", "amount": "100.00", "paid_at": "2026-11-23T05:00:00+08:00"}
    )
    rows["allocations"].append(
        {"loan_id": "late-20-1", "reference": "NEW", "number": "7", "principal": "21.65", "interest": "78.35",
         "penalty": "", "fee": "0"}
    )  # fmt: skip
    assert changed(deliver(rows)) == {"repayments": (1, 0, 1), "allocations": (1, 0, 1)}
    with engine.sessions(settings.database_url)() as session:
        standing = queries.accounts(session, "late-20")[0].stands(NOW.date())
    assert (standing.overdue_principal, standing.overdue_interest) == (Decimal("838.45") - Decimal("21.65"), 0)


def test_changed_terms_change_one_row(deliver, rows, target):
    deliver(rows)
    rows["loans"][0]["annual_rate"] = "0.175"
    assert changed(deliver(rows)) == {"loans": (0, 1, 0)}
    with target.connect() as connection:
        assert connection.execute(select(tables.Loan.annual_rate).where(tables.Loan.id == rows["loans"][0]["loan_id"]))\
            .scalar() == Decimal("0.175")  # fmt: skip


def test_a_shorter_plan_takes_its_last_instalments_away(deliver, rows):
    deliver(rows)
    loan = next(row for row in rows["loans"] if row["loan_id"] == "due-in-3-1")
    last = [row for row in rows["instalments"] if row["loan_id"] == "due-in-3-1"][-1]
    rows["instalments"].remove(last)
    loan["principal"] = str(Decimal(loan["principal"]) - Decimal(last["principal_due"]))
    assert changed(deliver(rows)) == {"loans": (0, 1, 0), "instalments": (0, 0, 1)}


def test_customers_who_are_not_delivered_stay_as_they_are(deliver, rows, target):
    deliver(rows)
    only = {name: [row for row in listed if "late-20" in str(row.get("customer_id", row.get("loan_id")))]
            for name, listed in rows.items()}  # fmt: skip
    only["delivery"] = [{"as_of": "2026-11-23 07:00:00"}]
    assert changed(deliver(only)) == {}
    with target.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.Customer)).scalar() == len(demo.CUSTOMERS)


def test_a_phone_number_may_change_hands_within_a_delivery(deliver, rows, target):
    deliver(rows)
    first, second = rows["customers"][:2]
    first["phone"], second["phone"] = second["phone"], first["phone"]
    assert changed(deliver(rows)) == {"customers": (0, 2, 0)}
    with target.connect() as connection:
        assert connection.execute(select(tables.Customer.phone).where(tables.Customer.id == first["customer_id"]))\
            .scalar() == first["phone"]  # fmt: skip


def test_a_check_writes_nothing(target, deliver, exported):
    before = everything(target)
    assert changed(deliver(exported, check_only=True))["customers"] == (len(demo.CUSTOMERS), 0, 0)
    assert everything(target) == before


def test_how_far_the_data_reaches_is_kept(deliver, exported, target):
    deliver(exported)
    with target.connect() as connection:
        (row,) = connection.execute(select(tables.DataImport.as_of, tables.DataImport.imported_at)).all()
    assert row == (datetime(2026, 11, 23, 6, 0, tzinfo=SHANGHAI), NOW)


def test_an_older_delivery_does_not_overwrite_a_newer_one(deliver, refused, rows):
    deliver(rows)
    rows["delivery"][0]["as_of"] = "2026-11-22 06:00:00"
    assert refused(rows) == [
        "delivery.csv 第 2 行：as_of：早于库里已有的数据（截至 2026-11-23 06:00:00），旧数据不会盖掉新数据"
    ]


def test_a_conversation_stays_verified_over_a_delivery(deliver, rows, settings):
    from finlit.accounts.binding import bind_demo_customer, bound_customer

    deliver(rows)
    bind_demo_customer("talk", "late-20")
    rows["customers"][0]["name"] = "改名"
    deliver(rows)
    assert bound_customer("talk") == "late-20"


def test_a_new_phone_ends_what_the_old_one_proved_and_nothing_else(deliver, rows, target, settings):
    from finlit.accounts.binding import bind

    deliver(rows)
    first, second = (row["customer_id"] for row in rows["customers"][:2])
    with engine.sessions(settings.database_url).begin() as session:
        for talk, customer, proof in (("old", first, "code"), ("host", first, "host_token"), ("other", second, "code")):
            bind(session, talk, "web", customer, proof, NOW)
        for talk, customer in (("open", first), ("another", second)):
            session.add(tables.VerificationAttempt(
                conversation=talk, channel="web", stage="phone", customer_id=customer, touched_at=NOW))  # fmt: skip
    rows["customers"][0]["phone"] = "13811112222"
    deliver(rows)
    with engine.sessions(settings.database_url)() as session:
        assert sorted(session.execute(select(tables.Binding.conversation)).scalars()) == ["host", "other"]
        assert session.execute(select(tables.VerificationAttempt.conversation)).scalars().all() == ["another"]
        entry = session.execute(select(tables.AuditEntry).order_by(tables.AuditEntry.id.desc())).scalars().first()
        said = (entry.who, entry.what, entry.customer_id, entry.conversation, entry.detail, entry.at)
        assert said == ("system", "unbind", first, "old", "phone changed", NOW)


@pytest.mark.parametrize(
    ("file", "column", "value", "said"),
    [
        ("loans", "annual_rate", "18", "annual_rate：「18」像是百分数，请写成小数：0.18"),
        ("loans", "annual_rate", "18%", "annual_rate：「18%」是百分数，请写成小数：0.18"),
        ("loans", "annual_rate", "0.1234567", "annual_rate：「0.1234567」小数最多 6 位，不会替你四舍五入"),
        ("loans", "method", "equal_instalment", "method：「equal_instalment」不认识，是不是 equal_instalments？"),
        ("loans", "day_count_base", "364", "day_count_base：「364」不认识"),
        ("loans", "grace_days", "-1", "grace_days：「-1」要写 0 到 90 的整数"),
        ("loans", "started_on", "2026-02-30", "started_on：「2026-02-30」不是日期"),
        ("loans", "started_on", "2026/11/01", "started_on：「2026/11/01」不是日期，要写成 2026-11-23"),
        ("loans", "product", "", "product：不能空着（产品名，照客户看得懂的写）"),
        ("loans", "allocation_order", "principal,interest", "allocation_order：「principal,interest」不认识"),
        ("instalments", "principal_due", "1,234.50", "principal_due：「1,234.50」要写成普通数字"),
        ("instalments", "principal_due", "10.005", "principal_due：「10.005」小数最多 2 位，不会替你四舍五入"),
        ("instalments", "principal_due", "1e3", "principal_due：「1e3」要写成普通数字"),
        ("instalments", "principal_due", "１２", "principal_due：「１２」要写成普通数字"),
        ("instalments", "number", "0", "number：「0」要写 1 到 600 的整数"),
        ("repayments", "amount", "-5", "amount：「-5」要写成普通数字"),
        ("repayments", "paid_at", "2026-11-23 25:00:00", "paid_at：「2026-11-23 25:00:00」不是时间"),
        ("customers", "phone", "+8613900000001", "phone：「+139****0001」要写 11 位手机号，不带 +86、空格和横线"),
        ("customers", "name", "林\x07晓", "name：「林?晓」有看不见的控制字符"),
        ("customers", "customer_id", "a b", "customer_id：「a b」编号只能用字母、数字"),
        ("credit_events", "kind", "overdu", "kind：「overdu」不认识，是不是 overdue？"),
        ("credit_lines", "state", "opened", "state：「opened」不认识，是不是 open？可以写 open、frozen、closed"),
    ],
)
def test_a_wrong_field_is_told_by_file_and_line(refused, rows, file, column, value, said):
    rows[file][1][column] = value
    faults = refused(rows)
    assert any(fault.startswith(f"{file}.csv 第 3 行：{said}") for fault in faults), faults


def spoil_principal(rows):
    rows["loans"][0]["principal"] = "12000.01"


def spoil_allocation(rows):
    rows["allocations"][0]["principal"] = str(Decimal(rows["allocations"][0]["principal"]) + Decimal("0.01"))


def spoil_overpaid_interest(rows):
    part, instalment = rows["allocations"][0], rows["instalments"][0]
    assert (part["loan_id"], part["number"]) == (instalment["loan_id"], instalment["number"])
    moved = Decimal("1.00")
    part["interest"] = str(Decimal(part["interest"]) + moved)
    part["principal"] = str(Decimal(part["principal"]) - moved)


def spoil_gap(rows):
    rows["instalments"][0]["number"] = "40"


def spoil_due_days(rows):
    rows["instalments"][1]["due_on"] = rows["instalments"][0]["due_on"]


def spoil_customer(rows):
    rows["loans"][0]["customer_id"] = "nobody"


def spoil_line_owner(rows):
    next(row for row in rows["loans"] if row["credit_line_id"] == "")["credit_line_id"] = "current-1-line"


def spoil_duplicate(rows):
    rows["customers"].append(dict(rows["customers"][0], phone="13811111111"))


def spoil_shared_phone(rows):
    rows["customers"][1]["phone"] = rows["customers"][0]["phone"]


def spoil_future_payment(rows):
    rows["repayments"][0]["paid_at"] = "2026-11-23 06:00:01"


def spoil_early_payment(rows):
    rows["repayments"][0]["paid_at"] = "2001-01-01 00:00:00"


def spoil_orphan_allocation(rows):
    rows["allocations"][0]["reference"] = "R999"


def spoil_no_plan(rows):
    rows["instalments"] = [row for row in rows["instalments"] if row["loan_id"] != "paid-off-1"]


def spoil_dispute_of_nothing(rows):
    next(row for row in rows["credit_events"] if row["about"])["about"] = "E77"


def spoil_report_without_days(rows):
    rows["credit_events"][0]["days_past_due"] = ""


def spoil_correction_before_report(rows):
    next(row for row in rows["credit_events"] if row["about"])["happened_on"] = "2026-10-01"


def spoil_unknown_loan(rows):
    rows["instalments"][0]["loan_id"] = "ghost"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_principal, "loans.csv 第 2 行：principal：本金 12000.01 元，各期本金之和却是 12000.00 元"),
        (spoil_allocation, "repayments.csv 第 2 行：amount：金额"),
        (spoil_overpaid_interest, "instalments.csv 第 2 行：interest_due：第 1 期应还利息"),
        (spoil_gap, "loans.csv 第 2 行：loan_id：还款计划的期数要从 1 连到 40，现在只有 12 期"),
        (spoil_due_days, "instalments.csv 第 3 行：due_on：不晚于上一期的 2026-"),
        (spoil_customer, "loans.csv 第 2 行：customer_id：没有客户「nobody」"),
        (spoil_line_owner, "credit_line_id：客户「due-in-3」没有额度「current-1-line」"),
        (spoil_duplicate, f"customers.csv 第 {len(demo.CUSTOMERS) + 2} 行：和第 2 行重复（customer_id 相同）"),
        (spoil_shared_phone, "customers.csv 第 3 行：phone：和第 2 行是同一个号"),
        (spoil_future_payment, "repayments.csv 第 2 行：paid_at：晚于数据截至时间"),
        (spoil_early_payment, "repayments.csv 第 2 行：paid_at：早于放款日"),
        (spoil_orphan_allocation, "allocations.csv 第 2 行：reference：贷款「current-1」没有还款「R999」"),
        (spoil_no_plan, "loan_id：instalments.csv 里没有这笔贷款的还款计划"),
        (spoil_dispute_of_nothing, "about：这笔贷款没有报送「E77」"),
        (spoil_report_without_days, "credit_events.csv 第 2 行：days_past_due：报逾期（overdue）要写逾期天数"),
        (spoil_correction_before_report, "happened_on：早于它针对的报送（2026-10-24）"),
        (spoil_unknown_loan, "instalments.csv 第 2 行：loan_id：「ghost」不在 loans.csv 里"),
    ],
)
def test_what_does_not_fit_together_is_told_by_file_and_line(refused, rows, spoil, said):
    spoil(rows)
    faults = refused(rows)
    assert any(said in fault for fault in faults), faults


def test_a_loan_cannot_move_to_another_customer(deliver, refused, rows):
    deliver(rows)
    moved = next(row for row in rows["loans"] if row["credit_line_id"] == "")
    moved["customer_id"] = "late-200"
    (fault,) = refused(rows)
    assert fault.endswith(f"customer_id：loan_id「{moved['loan_id']}」在库里属于另一位客户")


def test_a_phone_of_a_customer_who_keeps_it_is_refused(deliver, refused, rows):
    deliver(rows)
    partial = {name: [] for name in rows} | {"delivery": rows["delivery"]}
    partial["customers"] = [{"customer_id": "new", "name": "新客户", "phone": rows["customers"][0]["phone"]}]
    (fault,) = refused(partial)
    assert fault == "customers.csv 第 2 行：phone：这个号在库里属于客户「current」，这次没有给他的新号"


def test_an_unknown_column_is_refused_with_the_nearest_right_name(refused, rows):
    for row in rows["loans"]:
        row["anual_rate"] = row.pop("annual_rate")
    assert refused(rows) == [
        "loans.csv 第 1 行：不认识列「anual_rate」，是不是 annual_rate？",
        "loans.csv 第 1 行：缺列 annual_rate（合同年利率，小数：18% 写 0.18）",
    ]


def test_files_that_are_missing_or_misnamed_are_named(target, exported, tmp_path):
    folder = deliveries.write(tmp_path / "delivery", exported)
    (folder / "loans.csv").rename(folder / "loan.csv")
    with pytest.raises(BadDelivery) as raised:
        take_over(target, folder, NOW)
    assert raised.value.faults.lines == [
        "loan.csv：不认识这个文件，是不是 loans.csv？",
        "loans.csv：缺这个文件（没有内容也要有表头）",
    ]


def test_a_file_in_gbk_is_told_by_line(target, exported, tmp_path):
    folder = deliveries.write(tmp_path / "delivery", exported)
    text = (folder / "customers.csv").read_text(encoding="utf-8")
    (folder / "customers.csv").write_bytes(text.encode("gb18030"))
    with pytest.raises(BadDelivery, match="customers.csv 第 2 行：不是 UTF-8 编码"):
        take_over(target, folder, NOW)


def test_a_file_of_a_spreadsheet_is_read(target, exported, tmp_path):
    folder = deliveries.write(tmp_path / "delivery", exported)
    text = (folder / "customers.csv").read_text(encoding="utf-8")
    (folder / "customers.csv").write_bytes(("\ufeff" + text.replace("\n", "\r\n") + "\r\n").encode("utf-8"))
    assert changed(take_over(target, folder, NOW))["customers"] == (len(demo.CUSTOMERS), 0, 0)


@pytest.mark.parametrize(("text", "said"), [
    ("customer_id,name,phone\na,b\n", "customers.csv 第 2 行：有 2 列，表头是 3 列"),
    ('customer_id,name,phone\na,"b,13900000001\n', "customers.csv 第 2 行：引号没有配对"),
    ("customer_id,name,phone,phone\n", "customers.csv 第 1 行：列 phone 出现了不止一次"),
    ("", "customers.csv 第 1 行：缺列 customer_id"),
])  # fmt: skip
def test_what_is_no_csv_is_told(target, exported, tmp_path, text, said):
    folder = deliveries.write(tmp_path / "delivery", exported)
    (folder / "customers.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadDelivery) as raised:
        take_over(target, folder, NOW)
    assert any(fault.startswith(said) for fault in raised.value.faults.lines), raised.value.faults.lines


def test_a_long_list_of_faults_is_cut_and_counted(settings, target, rows, tmp_path, capsys):
    for row in rows["instalments"]:
        row["principal_due"] = "viel"
    folder = deliveries.write(tmp_path / "delivery", rows)
    assert main.main(["db", "import", str(folder)]) == 1
    error = capsys.readouterr().err
    assert f"另有 {len(rows['instalments']) - MOST_FAULTS} 处" in error
    assert f"共 {len(rows['instalments'])} 处问题，什么都没有写进库里" in error


def test_a_fault_in_every_row_is_told_twenty_times_and_not_more(refused, rows):
    for row in rows["instalments"]:
        row["loan_id"] = "x" + row["loan_id"]
    faults = [fault for fault in refused(rows) if "不在 loans.csv 里" in fault]
    assert len(faults) == 20
    assert "instalments.csv：同样的问题还有更多，先改这些" in refused(rows)


def test_a_takeover_that_breaks_half_way_leaves_nothing(target, deliver, exported, monkeypatch):
    from finlit.db.delivery import takeover

    before = everything(target)
    monkeypatch.setattr(takeover, "_events", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        deliver(exported)
    assert everything(target) == before
    monkeypatch.undo()
    assert changed(deliver(exported))["customers"] == (len(demo.CUSTOMERS), 0, 0)


def test_the_description_for_lenders_is_the_one_that_is_used(settings, capsys):
    assert main.main(["db", "import", "--columns"]) == 0
    described = capsys.readouterr().out
    assert described == columns.describe()
    assert described in (settings.root / "docs" / "import.md").read_text(encoding="utf-8")


def test_the_example_for_lenders_is_taken_over(settings, target, tmp_path):
    folder = shutil.copytree(settings.root / "docs" / "import-example", tmp_path / "example")
    assert changed(take_over(target, folder, NOW))["customers"] == (2, 0, 0)
    with engine.sessions(settings.database_url)() as session:
        (loan,) = queries.accounts(session, "C0002")
        assert loan.stands(NOW.date()).days_past_due == (NOW.date() - date(2026, 11, 3)).days
