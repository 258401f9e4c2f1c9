"""Completion scripts for bash, zsh and fish. They know commands as `completing` tells them, and no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from shlex import quote

from mailtrap_lite.cli.command import Kind, Option
from mailtrap_lite.cli.completing import Subject

_ASKED = {Kind.MAILBOX: "mailboxes", Kind.MESSAGE: "ids"}

_BASH = """\
# bash completion of mailtrap-lite: eval "$(mailtrap-lite completion bash)"
_mailtrap_lite() {{
    local line="${{COMP_LINE:0:COMP_POINT}}" words cur prev command=serve given="" found="" behind=""
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur="${{words[${{#words[@]}}-1]}}"; prev="${{words[${{#words[@]}}-2]}}"
    (( ${{#words[@]}} > 2 )) && [[ ${{words[1]}} != -* ]] && command="${{words[1]}}"
    if [[ $cur == --*=* ]]; then prev="${{cur%%=*}}"; given="$prev="; cur="${{cur#*=}}"; fi
    COMPREPLY=()
    if (( ${{#words[@]}} == 2 )) && [[ -z $given && $cur != -* ]]; then
        found={commands}
    else
        case "$command $prev" in
{values}
        *)
            if [[ $cur == -* ]]; then
                case "$command" in
{flags}
                esac
            else
                case "$command" in
{arguments}
                esac
            fi ;;
        esac
    fi
    if [[ $found == @files ]]; then
        compopt -o filenames 2> /dev/null
        local IFS=$'\n'
        COMPREPLY=($(compgen -f -- "$cur"))
        return
    fi
    COMPREPLY=($(compgen -W "$found" -- "$cur"))
    [[ ${{#COMPREPLY[@]}} == 1 && ${{COMPREPLY[0]}} == *: ]] && compopt -o nospace 2> /dev/null
    # Readline puts in what stands behind the last of its word breaks; a search has colons, and an address has an @.
    [[ $COMP_WORDBREAKS == *:* ]] || behind=x
    if [[ $cur == *[:@]* && -z $behind ]]; then
        behind="${{cur%"${{cur##*[:@]}}"}}"
        COMPREPLY=("${{COMPREPLY[@]#"$behind"}}")
    fi
}}
complete -F _mailtrap_lite mailtrap-lite"""

_ZSH = """\
#compdef mailtrap-lite
# zsh completion of mailtrap-lite: eval "$(mailtrap-lite completion zsh)", behind compinit
_mailtrap_lite() {{
    local cur="${{words[CURRENT]}}" prev="${{words[CURRENT-1]}}" command=serve found=""
    (( CURRENT > 2 )) && [[ ${{words[2]}} != -* ]] && command="${{words[2]}}"
    if [[ $cur == --*=* ]]; then prev="${{cur%%=*}}"; compset -P '*='; fi
    if (( CURRENT == 2 )) && [[ $cur != -* ]]; then
        found={commands}
    else
        case "$command $prev" in
{values}
        *)
            if [[ $cur == -* && $cur != --*=* ]]; then
                case "$command" in
{flags}
                esac
            else
                case "$command" in
{arguments}
                esac
            fi ;;
        esac
    fi
    if [[ $found == @files ]]; then
        _files
        return
    fi
    local -a whole begun
    whole=(${{${{=found}}:#*:}})
    begun=(${{(M)${{=found}}:#*:}})
    compadd -- $whole
    compadd -S '' -- $begun
}}
compdef _mailtrap_lite mailtrap-lite"""


def bash(subjects: Sequence[Subject], terms: Sequence[str]) -> str:
    """Return the script for bash, 3.2 and later."""
    return _BASH.format(**_cases(subjects, terms))


def zsh(subjects: Sequence[Subject], terms: Sequence[str]) -> str:
    """Return the script for zsh."""
    return _ZSH.format(**_cases(subjects, terms))


def fish(subjects: Sequence[Subject], terms: Sequence[str]) -> str:
    """Return the script for fish."""
    lines = [
        "# fish completion of mailtrap-lite: mailtrap-lite completion fish | source",
        "complete -c mailtrap-lite -f",
    ]
    for subject in subjects:
        lines.append(f"complete -c mailtrap-lite -n __fish_use_subcommand -a {subject.name} -d {quote(subject.text)}")
        seen = f"__fish_seen_subcommand_from {subject.name}"
        lines += [f"complete -c mailtrap-lite -n {quote(seen)} {_fish_flag(each, terms)}" for each in subject.options]
        if subject.argument:
            takes = _fish_value(subject.argument, terms)
            lines.append(f"complete -c mailtrap-lite -n {quote(seen)} {takes}")
    # Settings without `serve` before them.
    alone = "complete -c mailtrap-lite -n __fish_use_subcommand"
    return "\n".join([*lines, *(f"{alone} {_fish_flag(option, terms)}" for option in subjects[0].options)])


SCRIPTS: dict[str, Callable[[Sequence[Subject], Sequence[str]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}


def _cases(subjects: Sequence[Subject], terms: Sequence[str]) -> dict[str, str]:
    """Return what the scripts of bash and zsh have in common: arms of `case`, each of which sets `found`."""
    values = [
        (f"{quote(f'{subject.name} {flag}')}", _found(option, terms))
        for subject in subjects
        for option in subject.options
        if option.metavar
        for flag in option.flags
    ]
    flags = [(s.name, quote(" ".join(["--help", *(f for o in s.options for f in o.flags)]))) for s in subjects]
    arguments = [(s.name, _found(s.argument, terms)) for s in subjects if s.argument]
    return {
        "commands": quote(" ".join(subject.name for subject in subjects)),
        "values": "\n".join(_arms(values, 8)),
        "flags": "\n".join(_arms(flags, 16)),
        "arguments": "\n".join(_arms(arguments, 16)),
    }


def _arms(pairs: Sequence[tuple[str, str]], indent: int) -> Iterator[str]:
    """Yield arms; those that find the same stand together."""
    together: dict[str, list[str]] = {}
    for pattern, found in pairs:
        together.setdefault(found, []).append(pattern)
    for found, patterns in together.items():
        yield f"{' ' * indent}{'|'.join(patterns)}) found={found} ;;"


def _found(option: Option, terms: Sequence[str]) -> str:
    """Return what a shell evaluates to the words for a value."""
    if option.kind in _ASKED:
        return f'"$(mailtrap-lite completion {_ASKED[option.kind]} 2> /dev/null)"'
    if option.kind in (Kind.FILE, Kind.DIRECTORY):
        return "@files"
    words = terms if option.kind is Kind.QUERY else option.words
    return quote(" ".join(words))


def _fish_flag(option: Option, terms: Sequence[str]) -> str:
    names = [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags]
    takes = f" {_fish_value(option, terms)}" if option.metavar else ""
    exclusive = " -r" if option.metavar and option.many != "?" else ""
    return f"{' '.join(names)}{exclusive}{takes} -d {quote(option.text)}"


def _fish_value(option: Option, terms: Sequence[str]) -> str:
    if option.kind in _ASKED:
        return f"-f -a '(mailtrap-lite completion {_ASKED[option.kind]} 2> /dev/null)'"
    if option.kind in (Kind.FILE, Kind.DIRECTORY):
        return "-F"
    words = terms if option.kind is Kind.QUERY else option.words
    return f"-f -a {quote(' '.join(words))}" if words else "-f"
