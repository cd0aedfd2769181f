/* options_help.c -- the page for --help, made from the table. */
#include "net/options_table.h"

#define VALUE_COLUMN 25 /* where the kind of value begins */
#define DOC_COLUMN 36

static const char *const headings[OPTION_GROUP_COUNT] = {
    [OPTION_GROUP_CLIENTS] = "Where clients come in",
    [OPTION_GROUP_JOURNAL] = "Where changes are kept",
    [OPTION_GROUP_LIMITS] = "How much there may be (memory is taken as it fills)",
    [OPTION_GROUP_WATCHING] = "What the operator sees",
};

static const char *value_name(const struct option *option)
{
    switch (option->kind) {
    case OPTION_KIND_TEXT:
    case OPTION_KIND_SECRET:
        return "TEXT";
    case OPTION_KIND_NUMBER:
        return "NUMBER";
    case OPTION_KIND_BYTES:
        return "BYTES";
    case OPTION_KIND_DURATION:
        return "TIME";
    case OPTION_KIND_CHOICE:
        return "WORD";
    case OPTION_KIND_FLAG:
        break;
    }
    return "";
}

static void print_row(FILE *out, enum option_id id)
{
    const struct option *option = &option_table[id];
    char initial[OPTION_TEXT_BYTES];

    fprintf(out, "  --%-*s%-*s%s\n", VALUE_COLUMN - 4, option->key, DOC_COLUMN - VALUE_COLUMN,
            value_name(option), option->doc);
    option_default_text(id, initial, sizeof initial);
    if (option->kind == OPTION_KIND_CHOICE) {
        fprintf(out, "%*s%s; default %s\n", DOC_COLUMN, "", option->words, initial);
    } else if (option->kind != OPTION_KIND_FLAG && initial[0] != '\0') {
        fprintf(out, "%*sdefault %s\n", DOC_COLUMN, "", initial);
    }
}

void options_print_help(FILE *out)
{
    fputs(
        "Usage: boon-server [--key value | --key=value] ...\n"
        "       boon-server verify | dump [--help] ...      look into a journal, change nothing\n"
        "       boon-server user NAME [--help] ...          make a user and its secret\n"
        "\n"
        "Issues coupons and points; any Redis client talks to it. Without any option it\n"
        "listens on 127.0.0.1:7400 and keeps its journal in a private Redis under ./boon-data.\n"
        "\n"
        "Each key is also read from the environment (BOON_MAX_CLIENTS=500) and from a file of\n"
        "lines `key value`. Flag wins over environment, environment over file, file over default.\n"
        "\n"
        "  --config               TEXT       the file\n"
        "  --help                            this page\n"
        "  --version                         the version\n",
        out);
    for (unsigned group = 0; group < OPTION_GROUP_COUNT; group++) {
        fprintf(out, "\n%s\n", headings[group]);
        for (unsigned i = 0; i < OPTION_COUNT; i++) {
            if (option_table[i].group == group) {
                print_row(out, (enum option_id)i);
            }
        }
    }
    fputs("\nBYTES: 512, 64kb, 8mb, 1gb. TIME: milliseconds, or 500ms, 10s, 5m, 24h, 7d.\n", out);
}
