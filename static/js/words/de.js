/* Written by bin/catalogues from messages.po. */

export default {};
