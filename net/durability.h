/* durability.h -- what an acknowledged change survives, in words: for INFO, frames and readiness. */
#ifndef BOON_NET_DURABILITY_H
#define BOON_NET_DURABILITY_H

struct server;

/* Returns "always", "everysec", or "none", also without a journal. */
const char *durability_word(const struct server *server);

/* Returns a sentence that says what that means now. */
const char *durability_note(const struct server *server);

#endif
