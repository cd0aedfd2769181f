/* loop.h -- libevent, with its struct event called struct loop_event.
 *
 * "Event" is this project's word for an accepted change (engine/event.h), and C has one name space for
 * struct tags. Only the tag is renamed; functions keep their names. Whoever uses libevent beside the
 * engine includes this file and not libevent's.
 */
#ifndef BOON_NET_LOOP_H
#define BOON_NET_LOOP_H

#define event loop_event
#include <event2/event.h>
#include <event2/event_struct.h>
#undef event

#endif
