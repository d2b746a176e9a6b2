# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The entry point: finds the command, and turns every way to fail into one message and one exit status."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import IO, Any, cast

import click

# Command -> its module and help line. The help line is here so that `svmcheck --help` imports none of them.
COMMANDS = {
    "list": ("list", "The catalogue: targets with their variants, sizes and properties."),
    "show": ("show", "A protocol as the checker sees it, beside its source, or drawn."),
    "check": ("check", "Decide the properties of a protocol, with a counterexample for each that fails."),
    "lockorder": ("lockorder", "The order in which locks are taken, and where it goes round."),
    "gate": ("gate", "Check everything a catalogue expects."),
    "run": ("run", "Run a scenario of the executable kernel under many schedules."),
    "replay": ("replay", "Run the counterexamples of a JSON report, or of a token, again, step by step."),
    "export": ("export", "A protocol in the language of SPIN, Rumur or TLC, to check it with those."),
    "principles": ("principles", "The rules of the GPU SVM design: each checked, each broken, as a document."),
    "explain": ("explain", "What an error code means, with a wrong and a right example."),
}


class LazyGroup(click.Group):
    """Commands that are imported when they are invoked, and failures that are told in one way."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f".{COMMANDS[cmd_name][0]}", __package__)
        return cast("click.Command", module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from ...specs.suggest import suggest
            from .problems import Problem

            raise Problem(f'there is no command "{args[0]}"', suggest(args[0], COMMANDS, "commands"))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError:  # the reader of --help left
            from .problems import Status

            _forget_output()
            raise click.exceptions.Exit(Status.PIPE) from None

    def invoke(self, ctx: click.Context) -> Any:
        from .problems import Status, said

        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # a full disk must show here and not when the interpreter ends
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(Status.INTERRUPTED)
        except Exception as error:
            if isinstance(error, OSError):
                _forget_output()
                if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT):  # files are named
                    error = OSError(error.errno, error.strerror, "standard output")
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                ctx.exit(Status.PIPE)
            told = said(error)
            if told is not error:
                raise told from error
            _internal(error, bool(ctx.params.get("debug")))
            ctx.exit(Status.INTERNAL)


def _forget_output() -> None:
    """A stream that could not be written must not fail a second time when the interpreter ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _internal(error: Exception, debug: bool) -> None:
    if debug:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    text = str(error).split("\n", 1)[0]
    click.echo(f"internal error: {type(error).__name__}: {text}", err=True)
    again = "" if debug else " with what `svmcheck --debug ...` prints for the same command"
    click.echo(f"help: this is a mistake in svmcheck, not in your input; please report it{again}", err=True)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("svmcheck")
        except PackageNotFoundError:
            found = "(not installed)"
        click.echo(f"svmcheck {found}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def main(debug: bool) -> None:
    """Check the locking and lifetime protocols of Linux GPU shared virtual memory.

    Exit status: 0 holds, 1 a violation or an expectation missed, 2 bad input, 3 undecided.
    """
    del debug  # read from the context, where an exception is told


def run() -> None:
    """The console script. Never returns; never shows a traceback unless asked to."""
    for stream in (sys.stdout, sys.stderr):
        _replace_unprintable(stream)
    try:
        main.main(prog_name="svmcheck")
    except BrokenPipeError:  # an error message that nobody reads
        from .problems import Status

        _forget_output()
        sys.exit(Status.PIPE)


def _replace_unprintable(stream: IO[str]) -> None:
    """A terminal that cannot show an arrow shows a question mark instead of ending the program."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
