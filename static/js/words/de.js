/* Written by bin/catalogues from messages.po. */

export default {
  "Credits": "Credits",
  "Gallery": "Galerie",
  "One more watches.": [
    "",
    ""
  ],
  "Pool": "Pool",
  "{count} character left.": [
    "",
    ""
  ],
  "{count} person here now": [
    "",
    ""
  ]
};
