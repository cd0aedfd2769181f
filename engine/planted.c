/* planted.c -- which planted bug is there now. */
#include "engine/planted.h"

#ifdef BOON_PLANTED_BUGS
enum planted planted_bug = PLANTED_NONE;
#endif
