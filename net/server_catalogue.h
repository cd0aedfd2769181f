/* server_catalogue.h -- both tables of commands as one: what COMMAND lists.
 *
 *     0 .. catalogue_count - 1     the commands of engine/commands.def, then all rows of
 *                                  server_commands.def, sub-commands included
 *
 * For server_catalogue.c and server_docs.c only.
 */
#ifndef BOON_NET_SERVER_CATALOGUE_H
#define BOON_NET_SERVER_CATALOGUE_H

#include "net/command_parse.h"
#include "net/server_command_table.h"

/* One command: `business` or `server` is set. */
struct catalogue_item {
    const struct command_spec *business;
    const struct server_command_spec *server;
};

uint32_t catalogue_count(void);
struct catalogue_item catalogue_at(uint32_t number);

/* Finds a command, or a sub-command by "client|id", in any case. */
bool catalogue_find(struct text name, struct catalogue_item *item);

/* Writes the name in lower case and returns it. */
struct text catalogue_name(const struct catalogue_item *item,
                           char name[SERVER_COMMAND_NAME_BYTES_MAX]);

/* Tells whether it is a sub-command of another. */
bool catalogue_is_sub(const struct catalogue_item *item);

/* Counts the sub-commands; they follow the command itself in server_command_specs. */
uint32_t catalogue_subs(const struct catalogue_item *item);

/* Tells whether argument 1 is a key: the member, campaign or coupon that the command is about. */
bool catalogue_has_key(const struct catalogue_item *item);

#endif
