/* Written by bin/catalogues from messages.po. */

export default {
  "About {count} credit so far": [
    "Bisher etwa {count} Credit",
    "Bisher etwa {count} Credits"
  ],
  "Close": "Schließen",
  "Close this message": "Diese Meldung schließen",
  "Copied": "Kopiert",
  "Copy it by hand, please": "Bitte von Hand kopieren",
  "Credits": "Credits",
  "Everybody agreed: the sheet is public.": "Alle haben zugestimmt: Das Blatt ist öffentlich.",
  "Gallery": "Galerie",
  "Keyboard": "Tastatur",
  "Keys of a single letter or sign": "Tasten mit einem einzelnen Buchstaben oder Zeichen",
  "Leave this list, or close a message": "Diese Liste verlassen oder eine Meldung schließen",
  "Live": "Live",
  "More below": "Unten geht es weiter",
  "Next round": "Nächste Runde",
  "Offline": "Offline",
  "On its way…": "Unterwegs …",
  "One more watches.": [
    "Noch jemand schaut zu.",
    "{count} weitere schauen zu."
  ],
  "Pool": "Pool",
  "Reconnecting…": "Verbinde neu …",
  "Send it again": "Noch einmal schicken",
  "Send your line": "Deine Zeile abschicken",
  "Sign in": "Anmelden",
  "Somebody would like to make the sheet public.": "Jemand möchte das Blatt öffentlich machen.",
  "Something broke on our side. Try again in a moment.": "Bei uns ist etwas kaputtgegangen. Versuch es gleich noch einmal.",
  "Start page": "Startseite",
  "Stop while it is written": "Anhalten, während es entsteht",
  "That did not get through, and nothing was charged for it. Look whether you are online, and try again.": "Das kam nicht an, und es wurde nichts dafür abgebucht. Sieh nach, ob du online bist, und versuch es noch einmal.",
  "The model has begun.": "Das Modell hat angefangen.",
  "The press is thinking…": "Die Presse denkt nach …",
  "The press stands still. It goes on by itself, or nobody pays.": "Die Presse steht still. Es geht von selbst weiter, oder niemand zahlt.",
  "The round failed. Nobody was charged.": "Die Runde ist misslungen. Niemand hat etwas bezahlt.",
  "The round is finished.": "Die Runde ist fertig.",
  "The round was stopped.": "Die Runde wurde angehalten.",
  "The server did not answer.": "Der Server hat nicht geantwortet.",
  "This account was closed by the operator.": "Dieses Konto wurde von denen geschlossen, die diesen Ort betreiben.",
  "This could not be shared here. Copy the link instead.": "Das ließ sich hier nicht teilen. Kopier stattdessen den Link.",
  "This did not get through. Look whether you are online.": "Das kam nicht an. Sieh nach, ob du online bist.",
  "This list": "Diese Liste",
  "Top up": "Aufladen",
  "Write your line": "Deine Zeile schreiben",
  "You are signed out. Nothing was lost.": "Du bist abgemeldet. Es ging nichts verloren.",
  "Your room": "Dein Raum",
  "Your sign-in has run out. Nothing was lost.": "Deine Anmeldung ist abgelaufen. Es ging nichts verloren.",
  "away": "gerade weg",
  "here": "da",
  "{count} character left.": [
    "Noch {count} Zeichen.",
    "Noch {count} Zeichen."
  ],
  "{count} here now": [
    "{count} gerade hier",
    "{count} gerade hier"
  ],
  "{count} person here now": [
    "{count} Person gerade hier",
    "{count} Leute gerade hier"
  ]
};
