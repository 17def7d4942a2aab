"""`flask recipes`: what this installation's rooms can make."""

from __future__ import annotations

import click

from potluck.rooms.recipes import found


@click.command("recipes")
def recipes_command() -> None:
    """List the recipes with their limits, and the file that each comes from."""
    for slug, (recipe, path) in found().items():
        click.echo(
            f"{slug:<16} {recipe.title}\n"
            f"{'':<16} lines of {recipe.line_characters_max} characters, "
            f"{recipe.output_tokens_max:,} tokens to write\n"
            f"{'':<16} {path}"
        )
