"""Entry point of the `lancang` command: the nouns put together, the global options, the one way out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from node.cli import (
    acts,
    alarms,
    audit,
    certs,
    correction,
    counts,
    disclosure,
    doctor,
    epoch,
    evaluate,
    exclusion,
    explain,
    failures,
    history,
    inspect,
    network,
    onward,
    operator,
    outbox,
    peer,
    peers,
    record,
    roster,
    search,
    subject,
)
from node.cli import node as node_commands
from node.cli.invocation import DEFAULT_OFFICER, Invocation, colour_wanted, examples, hoist
from node.cli.surroundings import arrange


class Lancang(TyperGroup):
    """The root command: global options may stand anywhere, and every failure leaves through failures.report."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, then leave with the exit code that the command or the failure has."""
        arrange()
        arguments = hoist(list(sys.argv[1:] if args is None else args))
        try:
            left = super().main(arguments, prog_name, complete_var, standalone_mode=False, **extra)
            if left == failures.INTERRUPTED_EXIT:
                # typer has already turned Ctrl-C into its exit code.
                left = failures.report(KeyboardInterrupt())
            sys.stdout.flush()
        except (Exception, KeyboardInterrupt) as problem:
            left = failures.report(problem)
        sys.exit(left if isinstance(left, int) else 0)


app = typer.Typer(
    name="lancang",
    cls=Lancang,
    help="Find out whether other members hold records on a person, without showing them the question.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "lancang network demo",
        "lancang --home DIR/cn search",
        "lancang --home DIR/cn search - --purpose telecom-fraud --case K-17 < query.json",
        "lancang --home DIR/cn doctor",
        exits="0 to 4 are answers, from 5 on failures",
    )
    + "\n\nGlobal options may stand anywhere on the line.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"lancang {version('lancang')}")
        raise typer.Exit


@app.callback()
def lancang(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="DIR", envvar="LANCANG_HOME", help="The node's home directory.", readable=False),
    ] = None,
    officer: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="OFFICER",
            envvar="LANCANG_OFFICER",
            help=f"The officer who acts. Default: {DEFAULT_OFFICER}.",
        ),
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colour; NO_COLOR does the same.")] = False,
    _show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Take the global options."""
    context.obj = Invocation(home, officer, colour_wanted(no_color))


search.add_to(app)
app.add_typer(record.app, name="record")
disclosure.add_to(app)
counts.add_to(app)
app.add_typer(correction.app, name="correction")
app.add_typer(exclusion.app, name="exclusion")
app.add_typer(subject.app, name="subject")
onward.add_to(app, disclosure.app)
peers.add_to(app)
app.add_typer(peer.app, name="peer")
app.add_typer(outbox.app, name="outbox")
doctor.add_to(app)
explain.add_to(app)
evaluate.add_to(app)
app.add_typer(roster.app, name="roster")
app.add_typer(epoch.app, name="epoch")
acts.add_to(app)
app.add_typer(audit.app, name="audit")
app.add_typer(inspect.app, name="inspect")
app.add_typer(alarms.app, name="alarms")
app.add_typer(node_commands.app, name="node")
app.add_typer(certs.app, name="certs")
app.add_typer(operator.app, name="operator")
app.add_typer(history.app, name="history")
app.add_typer(network.app, name="network")


def main() -> None:
    """Run the command line."""
    app(prog_name="lancang")


if __name__ == "__main__":
    main()
