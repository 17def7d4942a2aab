/* Written by bin/catalogues from messages.po. */

export default {
  "Credits": "Credits",
  "Gallery": "Galerie",
  "Live": "Live",
  "One more watches.": [
    "",
    ""
  ],
  "Pool": "Pool",
  "Reconnecting…": "Verbindung wird wiederhergestellt …",
  "Sign in": "Anmelden",
  "Top up": "Aufladen",
  "Your room": "Dein Raum",
  "{count} character left.": [
    "",
    ""
  ],
  "{count} here now": [
    "",
    ""
  ],
  "{count} person here now": [
    "",
    ""
  ]
};
