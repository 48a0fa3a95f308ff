"""`lancang record`: what this node itself holds on people: import, show, withdraw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.confirm import confirmed
from node.cli.connection import SHORT_SECONDS, operator
from node.cli.failures import usage
from node.cli.invocation import examples, invocation, noun
from node.cli.mapping import FIELDS
from node.cli.screen import console, echo_json, table

if TYPE_CHECKING:
    from node.v1 import operator_pb2

app = noun("Import, show and withdraw this node's own records.")

_MAPPING_HELP = """

Record lines: {"record_id", "names": [{"text", "script"?, "type"?}], "birth_date"?, "sex"?, "nationality"?,
"documents"?, "phones"?, "accounts"?, "category"?}.

CSV needs a column that is the record_id (record_id, id, reference). Usual columns are recognised: name, surname with
given name, alias, birth date (DOB), sex, nationality, document (TYPE:ISSUER:NUMBER), phone, account, category.
Otherwise a mapping says it:

\b
  record_id = "Ref"                      # field = "column"
  birth_date = "Born"
  birth_date_format = "DD/MM/YYYY"
  phones = ["Mobile", "Home"]            # several columns; in a cell, ; separates
  [[names]]
  columns = ["Surname", "Given name"]    # joined; or column = "Name"
  script = "Thai"
  [[documents]]
  type = "passport"                      # or type_column
  issuer = "TH"                          # or issuer_column
  number_column = "Passport"
  [fixed]                                # the same for all rows
  nationality = "TH"
  category = "suspect"
  [values.sex]                           # their words = ours
  "ชาย" = "male"
"""


@app.command(
    "import",
    epilog=examples(
        "lancang --home DIR/th record import people.jsonl",
        "lancang --home DIR/th record import people.csv --mapping people.toml --dry-run",
        exits="0 all taken, 5 some lines were refused and the others taken",
    )
    + _MAPPING_HELP,
)
def import_records(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON lines or CSV, UTF-8.")],
    mapping: Annotated[Path | None, typer.Option("--mapping", help="Which column is which field (TOML).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line, change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Import records. The same file twice changes nothing; refused lines are reported and the others taken."""
    from node.cli.import_file import import_file

    raise typer.Exit(import_file(invocation(context), file, mapping, dry_run, as_json))


@app.command(
    epilog=examples(
        "lancang --home DIR/th record show TH-00042",
        "lancang --home DIR/th record show --tag 0a1b2c3d4e5f60 --audience CN --json",
        exits="0 shown, 6 no such record",
    )
)
def show(
    context: typer.Context,
    record_id: Annotated[str | None, typer.Argument(help="The record's own id.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="The pseudonym a requester was given (hex).")] = None,
    audience: Annotated[str | None, typer.Option("--audience", help="The requester the tag was made for.")] = None,
    epoch: Annotated[
        int,
        typer.Option(
            "--epoch",
            metavar="N",
            min=0,
            max=2**32 - 1,
            show_default=False,
            help="The tag's epoch. Default: any that is kept.",
        ),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show a record of this node, by its id or by a tag. It is logged."""
    from node.v1 import operator_pb2

    if record_id is not None and tag is None:
        request = operator_pb2.ShowRecordRequest(record_id=record_id)
    elif tag is not None and audience is not None and record_id is None:
        reference = operator_pb2.TagReference(tag=_tag(tag), audience=audience.lower(), epoch=epoch)
        request = operator_pb2.ShowRecordRequest(tag=reference)
    else:
        raise usage("name a record by RECORD_ID, or by --tag and --audience")
    at = invocation(context)
    with operator(at) as node:
        shown = node.ShowRecord(request, timeout=SHORT_SECONDS)
    # The content of a withdrawn record is erased: what is left is that it was here.
    record = json.loads(shown.record or b"{}")
    if record_id is not None:
        record = {"record_id": record_id} | record
    record = {key: record[key] for key in sorted(record, key=_place)}
    if as_json:
        echo_json(record | _about(shown))
        return
    rows = [(key.replace("_", " "), value) for key, value in facts(record)]
    rows += [("state", f"{shown.state}, version {shown.version}")]
    rows += [(f"tag for {one.audience.upper()}", f"{one.tag.hex()} (epoch {one.epoch})") for one in shown.tags]
    table(console(at), ("Field", "Value"), rows)


@app.command(
    epilog=examples(
        "lancang --home DIR/th record withdraw TH-00042",
        "lancang record withdraw TH-00042 --yes",
        exits="0 withdrawn, 6 no such record, 24 not confirmed",
    )
)
def withdraw(
    context: typer.Context,
    record_id: Annotated[str, typer.Argument(help="The record's own id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Withdraw a record: its tags are revoked at every audience, and nobody finds it any more."""
    confirmed(f"Withdraw {record_id} from every member's index?", yes=yes)
    from node.v1 import operator_pb2

    with operator(invocation(context)) as node:
        done = node.WithdrawRecord(operator_pb2.WithdrawRecordRequest(record_id=record_id), timeout=SHORT_SECONDS)
    typer.echo(f"Withdrawn (version {done.version}). The members' copies follow within seconds.")


def _tag(text: str) -> bytes:
    from node.model.batch import TAG_BYTES

    try:
        tag = bytes.fromhex(text)
    except ValueError:
        tag = b""
    if len(tag) != TAG_BYTES:
        raise usage(f"--tag: {2 * TAG_BYTES} hexadecimal digits are expected")
    return tag


def _about(shown: operator_pb2.ShowRecordResponse) -> dict[str, Any]:
    tags = [{"audience": one.audience, "epoch": one.epoch, "tag": one.tag.hex()} for one in shown.tags]
    return {"state": shown.state, "version": shown.version, "tags": tags}


def facts(record: dict[str, Any]) -> list[tuple[str, str]]:
    """What is known of a person, a line a value."""
    return [
        (key, _date(str(one)) if key == "birth_date" else _plain(one))
        for key, value in record.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def _date(text: str) -> str:
    """A birth date as it was given; a Buddhist one with its Gregorian date, which is what others search by."""
    from matcher.person import Calendar, parse_birth_date

    read = parse_birth_date(text)
    return f"{text} (Buddhist; {read.iso()})" if read.calendar is Calendar.BUDDHIST else text


def _plain(value: object) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "text" in value:
        known = ", ".join(str(value[key]) for key in ("script", "type") if value.get(key))
        return f"{value['text']}" + (f" ({known})" if known else "")
    return " ".join(str(value[part]) for part in ("type", "issuer", "number") if part in value)


def _place(key: str) -> int:
    """Where a field stands: in the order of docs/operations.md, which is that of what tells people apart."""
    return FIELDS.index(key) if key in FIELDS else len(FIELDS)
