/* options.h -- what the person at the terminal asked for.
 *
 * flags.def is the one list; this header, the parser and the help text are made from it. */
#ifndef LOADTEST_OPTIONS_H
#define LOADTEST_OPTIONS_H

#include "failure.h"

#include <stdint.h>

enum mode { MODE_SALE = 1, MODE_REPLAY = 2, MODE_AUDIT = 4 }; /* bits, as flags.def needs sets */
enum peer_kind { PEER_BOON, PEER_REDIS_LUA };
enum draw { DRAW_UNIFORM, DRAW_ZIPF, DRAW_SEQUENCE };
enum audit_level { AUDIT_AUTO, AUDIT_FULL, AUDIT_TOTALS, AUDIT_NONE };

#define PASSWORD_BYTES_MAX 400

struct options {
    enum mode mode;
#define GROUP(heading)
#define NUMBER(field, flag, value, modes, standard, min, max, help) int64_t field;
#define REAL(field, flag, value, modes, standard, min, max, help) double field;
#define TEXT(field, flag, value, modes, standard, help) const char *field;
#define CHOICE(field, flag, modes, standard, words, help) int64_t field;
#define SWITCH(field, flag, modes, help) bool field;
#include "flags.def"
#undef GROUP
#undef NUMBER
#undef REAL
#undef TEXT
#undef CHOICE
#undef SWITCH
    char password_line[PASSWORD_BYTES_MAX + 2]; /* what --password-file gave; with its line end */
};

/* Read the arguments behind the verb, fill in defaults that depend on each other, and refuse what
 * does not fit together; the failure says what is allowed. Texts point into argv, the password also
 * into *options, which must stay where it is. */
bool options_parse(struct options *options, enum mode mode, int argc, char *const argv[],
                   struct failure *failure);

/* Print the overview, or one verb's flags. */
void options_help(FILE *out);
void options_help_mode(FILE *out, enum mode mode);

/* Return the word that stands for a mode, a peer, a draw or an audit level. */
const char *options_mode_name(enum mode mode);
const char *options_word(const char *words, int64_t position, char out[static 32]);

/* Call `each` with every flag of the mode and its value in words, for the reports' settings. */
void options_each(const struct options *options,
                  void (*each)(void *context, const char *name, const char *value, bool number),
                  void *context);

#endif
