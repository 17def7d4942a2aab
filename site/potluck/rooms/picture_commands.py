"""`flask pictures`: whether pictures can be kept where this installation keeps them."""

from __future__ import annotations

import secrets

import click

from potluck.rooms import pictures
from potluck.rooms.picture_store import NoSuchPicture, StorageAway


@click.command("pictures")
def pictures_command() -> None:
    """Keep a small file where pictures are, read it and remove it. Exit code 1 if that fails."""
    place = pictures.store()
    click.echo(f"Pictures are in {place.where}.")
    name, data = f"try-{secrets.token_hex(8)}.txt", secrets.token_bytes(64)
    try:
        place.write(name, data)
        is_same = place.read(name) == data
        place.remove(name)
    except (StorageAway, NoSuchPicture) as error:
        raise click.ClickException(f"They can't be kept: {error}") from None
    if not is_same:
        raise click.ClickException("What is read there isn't what was written.")
    try:
        place.read(name)
    except NoSuchPicture:
        click.echo("A file could be written, read and removed.")
    except StorageAway as error:
        # Without the right to list, a bucket says of what isn't there that it may not be read.
        message = f"Whether something isn't there can't be told: {error}. May the key list it?"
        raise click.ClickException(message) from None
    else:
        raise click.ClickException("What is removed there can still be read.")
