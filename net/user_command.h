/* user_command.h -- `boon-server user NAME --roles …`: makes a user and its secret.
 *
 *     boon-server user till --roles issue,redeem --store s1                          JSON on stdout, secret on stderr
 *     boon-server user till --roles issue,redeem --store s1 --users-file FILE        secret on stdout, FILE has the user
 *
 * A running server is not told: it reads its users file when it starts.
 *
 *     if (argc > 1 && user_is_command(argv[1])) { return user_command(argc, argv, stdout, stderr); }
 */
#ifndef BOON_NET_USER_COMMAND_H
#define BOON_NET_USER_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

/* Tells whether the first word of a command line names it. */
bool user_is_command(const char *word);

/* Carries out the command and returns the exit code of the program: 0 made, 1 the file could not be written, 2 the
 * command line, or the file as it is, is wrong. */
int user_command(int argc, char *const argv[], FILE *out, FILE *err);

#endif
