/* durability.c -- words for it. */
#include "net/durability.h"

#include "net/server.h"

const char *durability_word(const struct server *server)
{
    if (server->options->journal == OPTIONS_JOURNAL_NONE) {
        return "none";
    }
    switch (server->options->durability) {
    case OPTIONS_DURABILITY_EVERYSEC:
        return "everysec";
    case OPTIONS_DURABILITY_NONE:
        return "none";
    case OPTIONS_DURABILITY_ALWAYS:
        break;
    }
    return "always";
}

const char *durability_note(const struct server *server)
{
    if (server->journal != NULL && journal_is_weak(server->journal)) {
        return "Redis' settings are weaker than asked for: nothing is acknowledged until they are "
               "back";
    }
    if (server->options->journal == OPTIONS_JOURNAL_NONE) {
        return "NO JOURNAL: every coupon and every balance is lost when the server ends";
    }
    switch (server->options->durability) {
    case OPTIONS_DURABILITY_EVERYSEC:
        return "a power cut loses the last seconds; a coupon lost so may be issued again";
    case OPTIONS_DURABILITY_NONE:
        return "Redis writes when it likes: an acknowledged change may be lost";
    case OPTIONS_DURABILITY_ALWAYS:
        break;
    }
    return "a change is acknowledged after Redis synced it to disk";
}
