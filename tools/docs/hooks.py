"""Hooks of mkdocs: formulas become MathML, which needs no script, and click describes the command line."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from latex2mathml.converter import convert

from marginalia.cli.group import marginalia

COMMANDS = "<!-- commands -->"
PROGRAM = "python -m marginalia"
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
NAME = re.compile(r"<code>([^<\s]{1,28})</code>")
FUNCTION = re.compile(r"(<mi>(?:cos|sin|arcsin|log|exp)</mi>)(?!<mo[ >]|<mrow><mo)")
GAP = r'\1<mspace width="0.17em" />'
PRIME = re.compile(r"<msup>(<mi>[^<]*</mi>)<mi>&#x02032;</mi></msup>")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Puts all commands where a page asks for them."""
    return markdown.replace(COMMANDS, "\n".join(described(marginalia, PROGRAM))) if COMMANDS in markdown else markdown


def on_page_content(content: str, **_: Any) -> str:
    """Formulas between dollars, which arithmatex has marked, become MathML; names in code are not broken at hyphens."""
    return NAME.sub(r'<code class="whole">\1</code>', FORMULA.sub(as_mathml, content))


def on_post_build(config: Any) -> None:
    """Without a server there is nobody to answer 404, and that page has addresses from the root of one."""
    Path(config["site_dir"], "404.html").unlink(missing_ok=True)


def as_mathml(found: re.Match[str]) -> str:
    """MathML, with a gap behind cos and the like, and primes of full size."""
    tag, bracket, latex = found.groups()
    mathml = convert(html.unescape(latex).strip(), display="block" if bracket == "[" else "inline")
    mathml = PRIME.sub(r"<mrow>\1<mi>&#x02032;</mi></mrow>", mathml)
    return f'<{tag} class="formula">{FUNCTION.sub(GAP, mathml)}</{tag}>'


def described(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[str]:
    """Markdown of a command and all below it, as `--help` has it: a heading, the usage, a table of its options."""
    context = click.Context(command, parent, info_name=name)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from described(found, below, context)
        return
    path = context.command_path
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    yield from (f"## {path.removeprefix(PROGRAM).strip()}", "")
    yield from ("```text", usage, "```", "", in_markdown(" ".join((command.help or "").split())), "")
    yield from ("| option | what it does |", "|---|---|")
    for option in command.get_params(context):
        row = option.get_help_record(context)
        if row is not None and isinstance(option, click.Option):  # the usage has the arguments
            yield f"| {in_code(row[0])} | {in_markdown(row[1])} |"
    yield ""


def in_code(option: str) -> str:
    """`--option` and, after it, what it takes."""
    names, _, value = option.partition(" ") if "/" not in option else (option, "", "")
    value = value.replace("|", r" &#124; ").strip("[]")
    return f"`{names}` {value}".strip()


def in_markdown(text: str) -> str:
    """The text as it is, in a cell of a table."""
    text = html.escape(text, quote=False)
    for sign in "\\`*_[]|":
        text = text.replace(sign, f"\\{sign}" if sign != "|" else "&#124;")
    return text
