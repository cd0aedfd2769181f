/* main.c -- boon-count: a fixed script through the shipped server's turn, for counting instructions.
 *
 *     boon-count [SCENARIO…]                   checks every answer
 *     scripts/bench --instructions             the same under valgrind, with the figures
 *
 * Each scenario has a server of its own and cycles of three parts. Only the middle one is counted:
 *
 *     requests into the clients' sockets │ the loop reads, parses, steps; the batch is sealed and
 *                                        │ acknowledged; replies leave          │ every answer is checked
 *
 * Prints "compiler NAME VERSION", then for each scenario its name and how many commands were counted.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/callgrind.h>

#include "engine/bug.h"
#include "tests/instructions/form.h"
#include "tests/instructions/world.h"
#include "tests/lib/dice.h"

#define MEMBERS 102400U        /* who are there before, in scenarios that draw them */
#define MEMBER_FIRST 10000000U /* their numbers have eight digits */
#define PIPELINE_MAX 64U
#define UNCOUNTED_CYCLES 4U /* in which buffers get their size */

#define CODE "????????????????????????"
#define OK_CODE "*2\r\n$2\r\nOK\r\n$24\r\n" CODE "\r\n"
#define OK_NUMBER "*2\r\n$2\r\nOK\r\n:########\r\n"
#define DUPLICATE "*2\r\n$9\r\nDUPLICATE\r\n$24\r\n" CODE "\r\n"
#define SOLD_OUT "*2\r\n$8\r\nSOLD_OUT\r\n:1\r\n"

#define CLAIM "COUPON.CLAIM member-######## sale"
#define CLAIM_REQUEST CLAIM " CHANNEL wechat REQUEST claim-of-wx-########"
#define CLAIM_GONE "COUPON.CLAIM member-######## gone"
#define EARN "ACCOUNT.EARN member-######## points ########"
#define BALANCE "ACCOUNT.BALANCE member-######## points"

struct exchange {
    const char *request; /* as words; ######## is the member's number */
    const char *answer;
};

/* With `before` the members are drawn of MEMBERS who went through that, one by one; without it each request
 * is of another new member. */
struct scenario {
    const char *name;
    uint32_t connections;
    uint32_t pipeline; /* requests of each in a cycle */
    uint32_t cycles;
    struct exchange before;
    struct exchange counted;
};

static const struct scenario scenarios[] = {
    {"claim", 8, 64, 400, {NULL, NULL}, {CLAIM, OK_CODE}},
    {"claim_request", 8, 64, 200, {NULL, NULL}, {CLAIM_REQUEST, OK_CODE}},
    {"claim_p1", 64, 1, 400, {NULL, NULL}, {CLAIM, OK_CODE}},
    {"balance", 8, 64, 100, {EARN, OK_NUMBER}, {BALANCE, OK_NUMBER}},
    {"sold_out", 8, 64, 100, {EARN, OK_NUMBER}, {CLAIM_GONE, SOLD_OUT}},
    {"duplicate", 8, 64, 100, {CLAIM, OK_CODE}, {CLAIM, DUPLICATE}},
};

/* What every world begins with. */
static const struct exchange opening[] = {
    {"CAMPAIGN.PUT sale "
     "{\"name\":\"Sale\",\"stock\":4000000000,\"value\":{\"kind\":\"amount_off\",\"amount\":500}}",
     "*2\r\n$2\r\nOK\r\n$7\r\ncreated\r\n"},
    {"CAMPAIGN.START sale", "*2\r\n$2\r\nOK\r\n$7\r\nrunning\r\n"},
    {"CAMPAIGN.PUT gone "
     "{\"name\":\"Gone\",\"stock\":1,\"value\":{\"kind\":\"amount_off\",\"amount\":500}}",
     "*2\r\n$2\r\nOK\r\n$7\r\ncreated\r\n"},
    {"CAMPAIGN.START gone", "*2\r\n$2\r\nOK\r\n$7\r\nrunning\r\n"},
    {"COUPON.CLAIM first gone", OK_CODE},
};

/* Requests for one connection, and what has to come back. */
struct block {
    size_t request_length;
    size_t answer_length;
    char requests[PIPELINE_MAX * FORM_BYTES_MAX];
    char answers[PIPELINE_MAX * FORM_BYTES_MAX];
};

static struct world world;
static struct block blocks[WORLD_CONNECTIONS_MAX];

/* Which member comes next: one behind another, or drawn. */
struct draw {
    uint32_t next;
    uint64_t dice;
    bool drawn;
};

static uint32_t next_member(struct draw *draw)
{
    return MEMBER_FIRST + (draw->drawn ? dice_below(&draw->dice, MEMBERS) : draw->next++);
}

/* Carries out one cycle on all connections. */
static void cycle(const struct form *request, const struct form *answer, struct draw *draw,
                  uint32_t pipeline, bool counted)
{
    for (uint32_t peer = 0; peer < world.peer_count; peer++) {
        struct block *block = &blocks[peer];
        block->request_length = block->answer_length = 0;
        for (uint32_t nth = 0; nth < pipeline; nth++) {
            uint32_t number = next_member(draw);
            block->request_length += form_fill(request, number,
                                               block->requests + block->request_length);
            block->answer_length += form_fill(answer, number,
                                              block->answers + block->answer_length);
        }
        world_send(&world, peer, block->requests, block->request_length);
    }
    if (counted) {
        CALLGRIND_TOGGLE_COLLECT;
    }
    world_turn(&world, (uint64_t)world.peer_count * pipeline);
    if (counted) {
        CALLGRIND_TOGGLE_COLLECT;
    }
    for (uint32_t peer = 0; peer < world.peer_count; peer++) {
        world_expect(&world, peer, blocks[peer].answers, blocks[peer].answer_length);
    }
}

static void make_forms(const struct exchange *exchange, struct form *request, struct form *answer)
{
    form_request(request, exchange->request);
    form_answer(answer, exchange->answer);
}

static void open_world(uint32_t connections)
{
    struct form request;
    struct form answer;
    world_init(&world, connections);
    for (size_t at = 0; at < sizeof(opening) / sizeof(opening[0]); at++) {
        make_forms(&opening[at], &request, &answer);
        world_send(&world, 0, request.bytes, request.length);
        world_turn(&world, 1);
        world_expect(&world, 0, answer.bytes, answer.length);
    }
}

static void carry_out(const struct scenario *scenario)
{
    struct form request;
    struct form answer;
    struct draw some = {.dice = 1, .drawn = scenario->before.request != NULL};
    uint32_t commands = scenario->connections * scenario->pipeline;
    open_world(scenario->connections);
    if (scenario->before.request != NULL) {
        struct draw all = {.drawn = false};
        make_forms(&scenario->before, &request, &answer);
        while (all.next < MEMBERS) {
            cycle(&request, &answer, &all, scenario->pipeline, false);
        }
    }
    make_forms(&scenario->counted, &request, &answer);
    for (uint32_t turn = 0; turn < UNCOUNTED_CYCLES; turn++) {
        cycle(&request, &answer, &some, scenario->pipeline, false);
    }
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    for (uint32_t turn = 0; turn < scenario->cycles; turn++) {
        cycle(&request, &answer, &some, scenario->pipeline, true);
    }
    CALLGRIND_DUMP_STATS_AT(scenario->name);
    CALLGRIND_STOP_INSTRUMENTATION;
    world_deinit(&world);
    printf("%s %u\n", scenario->name, commands * scenario->cycles);
}

static bool is_wanted(const char *name, int count, char *words[])
{
    for (int at = 1; at < count; at++) {
        if (strcmp(words[at], name) == 0) {
            return true;
        }
    }
    return count < 2;
}

/* The shipped server's main(), for the optimiser's eyes only (CMakeLists.txt). */
int boon_server_main(int argc, char *argv[]);

static int (*volatile shipped)(int, char *[]) = boon_server_main;

static int run(int count, char *words[])
{
    ASSERT(shipped != NULL);
#ifdef __clang__
    printf("compiler %s\n", __VERSION__);
#else
    printf("compiler gcc %s\n", __VERSION__);
#endif
    int carried_out = 0;
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        if (is_wanted(scenarios[at].name, count, words)) {
            carry_out(&scenarios[at]);
            carried_out++;
        }
    }
    if (carried_out == 0) {
        fprintf(stderr, "boon-count: no such scenario\n");
        return 2;
    }
    return 0;
}

/* The stack goes on from the start of a page, wherever environment and arguments end: how bytes are copied
 * depends on how they are aligned. */
int main(int argc, char *argv[])
{
    char *room = __builtin_alloca((uintptr_t)__builtin_frame_address(0) % 4096 + 1);
    __asm__ volatile("" : : "r"(room) : "memory");
    return run(argc, argv);
}
