/* options.c -- docs/options.md. */
#include <stdio.h>

#include "net/docs/docs.h"
#include "net/options_table.h"

static const char *const headings[OPTION_GROUP_COUNT] = {
    [OPTION_GROUP_CLIENTS] = "Where clients come in",
    [OPTION_GROUP_JOURNAL] = "Where changes are kept",
    [OPTION_GROUP_LIMITS] = "How much there may be",
    [OPTION_GROUP_WATCHING] = "What the operator sees",
};

static void print_row(enum option_id id)
{
    const struct option *option = &option_table[id];
    char initial[OPTION_TEXT_BYTES];
    char allowed[OPTION_WHY_BYTES];
    option_default_text(id, initial, sizeof(initial));
    option_allowed_text(id, allowed, sizeof(allowed));
    printf("| `%s` | %s%s%s | ", option->key, initial[0] == '\0' ? "" : "`", initial,
           initial[0] == '\0' ? "" : "`");
    docs_cell(option->doc);
    fputs(" | ", stdout);
    docs_cell(allowed);
    puts(" |");
}

void docs_options(void)
{
    puts("# Options of boon-server\n"
         "\n"
         "A key is given as a flag (`--max-clients 500`), in the environment "
         "(`BOON_MAX_CLIENTS=500`) or\n"
         "as a line of the file that `--config` or `BOON_CONFIG` names (`max-clients 500`). A flag "
         "wins\n"
         "over the environment, that over the file, that over the default. An unknown key or a "
         "value that\n"
         "is not allowed stops the start with a sentence that says where and what.\n"
         "\n"
         "`CONFIG GET` shows what is set; `boon-server --help` shows this list.");
    for (uint32_t group = 0; group < OPTION_GROUP_COUNT; group++) {
        printf("\n## %s\n\n| key | default | meaning | allowed |\n|---|---|---|---|\n",
               headings[group]);
        for (uint32_t id = 0; id < OPTION_COUNT; id++) {
            if (option_table[id].group == group) {
                print_row((enum option_id)id);
            }
        }
    }
}
