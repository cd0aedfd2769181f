/* commands.c -- docs/commands.md: business commands from engine/commands.def and answers.def, then those
 * of server_commands.def.
 */
#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "engine/refusal.h"
#include "net/command_parse.h"
#include "net/docs/docs.h"
#include "net/server_command_table.h"
#include "net/users.h"
#include "net/word.h"

struct answer {
    enum command_type command;
    const char *shape;
    const char *note;
};

struct answer_refusal {
    enum command_type command;
    enum refusal refusal;
    const char *note;
};

#define REFUSED(NAME, REFUSAL, note)
#define ANSWER(NAME, shape, note) {COMMAND_##NAME, shape, note},
static const struct answer answers[] = {
#include "net/docs/answers.def"
};
#undef REFUSED
#undef ANSWER

#define ANSWER(NAME, shape, note)
#define REFUSED(NAME, REFUSAL, note) {COMMAND_##NAME, REFUSAL_##REFUSAL, note},
static const struct answer_refusal answer_refusals[] = {
#include "net/docs/answers.def"
};
#undef REFUSED
#undef ANSWER

static const char *const kinds[] = {
    [COMMAND_KIND_READ] = "read",
    [COMMAND_KIND_WRITE] = "write",
    [COMMAND_KIND_ADMIN] = "admin",
};

/* What people read about a refusal. */
static const struct {
    const char *words; /* the numbers that follow its status */
    const char *sentence;
} refusals[] = {
#define REFUSAL(number, NAME, status, http, words, english, chinese)                               \
    [REFUSAL_##NAME] = {words, english},
#include "engine/refusals.def"
#undef REFUSAL
};

static void print_syntax(const struct command_spec *spec)
{
    printf("```\n%s", spec->name);
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        const struct argument_spec *argument = &spec->arguments[at];
        printf(" %s%s%s%s%s", argument->required ? "" : "[", argument->word,
               argument->word[0] == '\0' ? "" : " ", argument->field,
               argument->required ? "" : "]");
    }
    puts("\n```\n");
}

static void print_arguments(const struct command_spec *spec)
{
    puts("| argument | meaning | allowed |\n|---|---|---|");
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        const struct argument_spec *argument = &spec->arguments[at];
        printf("| `%s%s%s`%s | ", argument->word, argument->word[0] == '\0' ? "" : " ",
               argument->field, argument->required ? "" : ", optional");
        docs_cell(argument->meaning);
        fputs(" | ", stdout);
        docs_cell(argument_type_rule(argument->type));
        puts(" |");
    }
}

static void print_refusals(enum command_type command)
{
    puts("\n| refusal | meaning | here |\n|---|---|---|");
    for (size_t at = 0; at < sizeof(answer_refusals) / sizeof(answer_refusals[0]); at++) {
        const struct answer_refusal *refused = &answer_refusals[at];
        if (refused->command == command) {
            const char *words = refusals[refused->refusal].words;
            printf("| `[\"%s\"%s%s]` | %s | ", refusal_status(refused->refusal),
                   words[0] == '\0' ? "" : ", ", words, refusals[refused->refusal].sentence);
            docs_cell(refused->note);
            puts(" |");
        }
    }
}

static const struct answer *answer_of(enum command_type command)
{
    for (size_t at = 0; at < sizeof(answers) / sizeof(answers[0]); at++) {
        if (answers[at].command == command) {
            return &answers[at];
        }
    }
    return NULL;
}

static void print_command(const struct command_spec *spec)
{
    const struct answer *answer = answer_of(spec->type);
    ASSERT(answer != NULL); /* answers.def has every command */
    printf("\n### %s\n\n%s. Kind: %s. Role: %s.\n\n", spec->name, spec->summary, kinds[spec->kind],
           user_role_word((uint32_t)spec->role));
    print_syntax(spec);
    print_arguments(spec);
    printf("\nAnswer: `%s`\n", answer->shape);
    if (answer->note[0] != '\0') {
        printf("\n%s\n", answer->note);
    }
    print_refusals(spec->type);
}

static void print_server_command(const struct server_command_spec *spec)
{
    char name[SERVER_COMMAND_NAME_BYTES_MAX];
    size_t length = 0;
    for (; spec->name[length] != '\0'; length++) {
        char c = spec->name[length];
        ASSERT(length + 1 < sizeof(name));
        name[length] = c == '|' ? ' ' : word_upper(c);
    }
    name[length] = '\0';
    printf("| `%s%s", name, spec->syntax[0] == '\0' ? "" : " ");
    docs_cell(spec->syntax);
    printf("` | %s |\n", spec->summary);
}

static void print_document(void)
{
    puts("\n## The document of a campaign\n"
         "\n"
         "```json\n"
         "{\"name\": \"Double Eleven\", \"stock\": 20000, \"per_member\": 1,\n"
         " \"opens_at\": \"2026-11-11T00:00:00+08:00\", \"ends_at\": "
         "\"2026-11-12T00:00:00+08:00\",\n"
         " \"value\": {\"kind\": \"amount_off\", \"amount\": 2000, \"minimum\": 10000}}\n"
         "```\n"
         "\n"
         "| member | value |\n"
         "|---|---|\n"
         "| `name` | text for people; required |\n"
         "| `stock` | coupons it may issue in all, 1 to 4000000000; required |\n"
         "| `per_member` | coupons one member may have, 1 to 65535; 1 unless given |\n"
         "| `opens_at`, `ends_at` | times as in RFC 3339; none unless given |\n"
         "| `value` | what a coupon is worth, in fen; required |\n"
         "\n"
         "| `value.kind` | its members |\n"
         "|---|---|\n"
         "| `amount_off` | `amount`; `minimum` basket, 0 unless given |\n"
         "| `percent_off` | `percent`, 1 to 99; `minimum` basket; `maximum` taken off, 0 is no cap "
         "|\n"
         "| `exchange` | `price`, 0 is free |\n"
         "\n"
         "A member that is not in this list is a mistake. All mistakes are told at once, each with "
         "its\n"
         "JSON pointer.");
}

void docs_commands(void)
{
    puts(
        "# Commands\n"
        "\n"
        "Any Redis client can send them, in RESP2 or RESP3, on port 7400. Names are read in any "
        "case.\n"
        "Arguments by position come first, then `WORD value` pairs in any order.\n"
        "\n"
        "An answer is an array whose first element is a status word: `OK`, or one reason why not\n"
        "(see refusals.md). Ids, codes and words are bulk strings; amounts, counts and times\n"
        "(milliseconds since 1970) are integers, all below 2^53. RESP errors are for malformed or\n"
        "unauthorised requests, and for a server that cannot answer now: `-LOADING` while it reads "
        "its\n"
        "journal, `-BUSY` while too many changes wait for it, `-TRYAGAIN` while another server may "
        "have\n"
        "taken over. No answer leaves before what it shows is durable. With `--stale-reads` a "
        "look-up is\n"
        "then answered all the same, as `[\"STALE\", answer]`.\n"
        "\n"
        "A request id (`REQUEST id`) makes a change safe to repeat. Only an accepted change binds "
        "its\n"
        "id: the same request again gets the first answer again and changes nothing; the same id "
        "with\n"
        "another body is refused. A refused request leaves its id free. A `REASON` is no part of "
        "the body.\n"
        "\n"
        "A user of the users file needs the role of a command; without it, or for a campaign or "
        "store "
        "that is\n"
        "not its own, it is told `-NOPERM`.\n"
        "\n"
        "## Business commands\n"
        "\n"
        "Kinds: read changes nothing, write changes a member, admin changes definitions or the "
        "clock.\n"
        "Refusals are checked in the order in which they are listed.");
    for (uint32_t at = 0; at < command_spec_count; at++) {
        print_command(&command_specs[at]);
    }
    print_document();
    puts(
        "\n## Server commands\n"
        "\n"
        "What stock Redis clients and tools ask of any server. An unknown sub-command of `CLIENT`\n"
        "is an error and never costs the connection.\n"
        "\n"
        "| command | meaning |\n"
        "|---|---|");
    for (uint32_t at = 0; at < server_command_spec_count; at++) {
        if (server_command_specs[at].run != NULL) {
            print_server_command(&server_command_specs[at]);
        }
    }
    puts("\n"
         "SNAPSHOT answers at once: `Snapshot started; …`, `Nothing has changed since the last "
         "snapshot`,\n"
         "or `-BUSY` while one is under way. INFO shows how it goes on (`snapshot_state`).");
}
