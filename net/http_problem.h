/* http_problem.h -- the list of what can be wrong with a request, beside the refusals, as an enum. */
#ifndef BOON_NET_HTTP_PROBLEM_H
#define BOON_NET_HTTP_PROBLEM_H

enum http_problem {
#define HTTP_PROBLEM(NAME, code, status, english, chinese) HTTP_PROBLEM_##NAME,
#include "net/http_problems.def"
#undef HTTP_PROBLEM
};

#endif
