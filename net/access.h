/* access.h -- who is it, and may they do that? The same for RESP and HTTP.
 *
 *     const struct user *user;
 *     bool too_many;
 *     if (!access_authenticate(server, name, secret, address, &user, &too_many)) { … refuse …  }
 *     …
 *     if (!access_allows(user, spec, &command, problem, sizeof(problem))) { … NOPERM, 403 … }
 *     step_command(server, &command)
 *
 * A user is a user of the users file, or NULL: `default`, who gives the password of --password, or anybody where
 * there is neither a password nor a users file. NULL may everything and is principal 0 of the journal.
 *
 * What restricts a user of the file:
 *
 *     roles        a command needs the one of commands.def; a server command with the flag `admin` needs admin,
 *                  one about the own connection or the cluster that is not there none, any other read
 *     campaigns    a command that names a campaign must name one that fits a pattern, and so must a live page that
 *                  watches one. CAMPAIGN.LIST, the live frame and the metrics show all with their stock, and coupons
 *                  are shown of whatever campaign they are.
 *     store        a command with a STORE must name this one or none; then it is filled in. Commands without a
 *                  STORE argument are not restricted.
 */
#ifndef BOON_NET_ACCESS_H
#define BOON_NET_ACCESS_H

#include "net/command_parse.h"

struct server;
struct server_command_spec;
struct user;

/* So many wrong secrets a second are answered as usual; what comes beyond costs the one who sent it more. */
#define ACCESS_FAILURES_PER_S 16U
#define ACCESS_PROBLEM_BYTES 320U /* room for what access_allows() writes */

/* Wrong secrets of this second, whoever sent them. */
struct access_failures {
    int64_t second; /* monotonic */
    uint32_t count;
};

/* Tells whether anybody has to authenticate at all: there is a password, or a users file. */
bool access_asks(const struct server *server);

/* Checks a name and its secret. True: `*user` is who it is, NULL for default. False: logged with `address`, and
 * `*too_many` tells whether there were too many failures in this second: RESP ends the connection then, HTTP says
 * 429. A right secret is never refused. Users stay where they are as long as the server runs. */
bool access_authenticate(struct server *server, struct text name, struct text secret,
                         const char *address, const struct user **user, bool *too_many)
    __attribute__((warn_unused_result));

/* Tells whether this user has this role. */
bool access_has_role(const struct user *user, enum command_role role);

/* Tells whether a campaign is among those that this user may name. */
bool access_fits_campaign(const struct user *user, struct text campaign);

/* Returns "default" or the user's name. */
struct text access_name(const struct user *user);

/* For access_allows(). */
bool access_allows_user(const struct user *user, const struct command_spec *spec,
                        struct command *command, char *problem, size_t size)
    __attribute__((warn_unused_result));

/* Tells whether this user may carry out this parsed command, and fills in what follows from who it is: principal,
 * and the store of who has one. False: `problem` says what is missing, and nothing may be carried out. */
__attribute__((warn_unused_result)) static inline bool
access_allows(const struct user *user, const struct command_spec *spec, struct command *command,
              char *problem, size_t size)
{
    return __builtin_expect(user == NULL, 1) ||
           access_allows_user(user, spec, command, problem, size);
}

/* The same for a server command. */
bool access_allows_server(const struct user *user, const struct server_command_spec *spec,
                          char *problem, size_t size) __attribute__((warn_unused_result));

#endif
