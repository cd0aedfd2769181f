/* http_console.h -- the console's files, gzipped when Boon was built, and part of the program.
 *
 * The list is net/console/assets.def. Nothing is read from a disk, and no request of a page leaves the machine: its
 * Content-Security-Policy says so to the browser.
 */
#ifndef BOON_NET_HTTP_CONSOLE_H
#define BOON_NET_HTTP_CONSOLE_H

#include <stdbool.h>

struct http_call;

/* Answers a GET of one of the files. False: the path is none. */
bool http_console(struct http_call *call) __attribute__((warn_unused_result));

#endif
