/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

/* A relay between two pipes and a socket, on a thread. */
typedef struct World {
        int input, output, remote, wake; /* the other ends, of the test */
        int ends[4];
        Relay relay;
        GThread *thread;
} World;

static void *run(void *data) {
        return GINT_TO_POINTER((int) relay_run(data));
}

static void world_init(World *w, int escape) {
        int input[2], output[2], remote[2], wake[2];

        g_assert_cmpint(pipe2(input, O_CLOEXEC), ==, 0);
        g_assert_cmpint(pipe2(output, O_CLOEXEC), ==, 0);
        g_assert_cmpint(pipe2(wake, O_CLOEXEC), ==, 0);
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, remote), ==, 0);
        *w = (World){
                .input = input[1],
                .output = output[0],
                .remote = remote[1],
                .wake = wake[1],
                .ends = { input[0], output[1], remote[0], wake[0] },
                .relay = { .in = input[0],
                           .out = output[1],
                           .remote = remote[0],
                           .wake = wake[0],
                           .escape = escape,
                           .linger = 100 * USEC_PER_MSEC },
        };
        w->thread = g_thread_new("relay", run, &w->relay);
}

static RelayEnd world_done(World *w) {
        RelayEnd end = (RelayEnd) GPOINTER_TO_INT(g_thread_join(w->thread));
        int fds[] = { w->input, w->output, w->remote, w->wake };

        for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
                close_p(&fds[i]);
                close_p(&w->ends[i]);
        }
        return end;
}

static void put(int fd, const char *text) {
        g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t) strlen(text));
}

static void expect(int fd, const char *text) {
        char buffer[64] = "";
        size_t n = 0;

        while (n < strlen(text)) {
                ssize_t r = read(fd, buffer + n, strlen(text) - n);

                g_assert_cmpint(r, >, 0);
                n += (size_t) r;
        }
        g_assert_cmpstr(buffer, ==, text);
}

static void test_bytes_go_both_ways(void) {
        World w;

        world_init(&w, -1);
        put(w.input, "to\x1d");
        expect(w.remote, "to\x1d");
        put(w.remote, "fro");
        expect(w.output, "fro");
        close_p(&w.remote);
        g_assert_cmpint(world_done(&w), ==, RELAY_REMOTE);
}

static void test_what_came_last_is_written_before_the_end(void) {
        World w;

        world_init(&w, -1);
        put(w.remote, "the end");
        close_p(&w.remote);
        expect(w.output, "the end");
        g_assert_cmpint(world_done(&w), ==, RELAY_REMOTE);
}

static void test_what_precedes_the_escape_is_sent(void) {
        World w;

        world_init(&w, '\x1d');
        put(w.input, "ab\x1dz");
        expect(w.remote, "ab");
        g_assert_cmpint(world_done(&w), ==, RELAY_ESCAPE);
}

static void test_after_the_input_the_answer_is_waited_for(void) {
        World w;

        world_init(&w, -1);
        put(w.input, "question");
        close_p(&w.input);
        expect(w.remote, "question");
        put(w.remote, "answer");
        expect(w.output, "answer");
        g_assert_cmpint(world_done(&w), ==, RELAY_LOCAL);
}

static void test_output_that_nobody_reads_ends_it(void) {
        World w;

        world_init(&w, -1);
        close_p(&w.output);
        put(w.remote, "x");
        g_assert_cmpint(world_done(&w), ==, RELAY_LOCAL);
}

static void test_it_can_be_woken(void) {
        World w;

        world_init(&w, -1);
        put(w.wake, "x");
        g_assert_cmpint(world_done(&w), ==, RELAY_WAKE);
}

static void *write_much(void *data) {
        g_autofree char *block = g_strnfill(1024 * 1024, 'x');
        size_t done = 0;

        while (done < 1024 * 1024) {
                ssize_t n = write(*(int *) data, block + done, 1024 * 1024 - done);

                g_assert_cmpint(n, >, 0);
                done += (size_t) n;
        }
        close_p(data);
        return NULL;
}

/* Neither direction waits for the other, and nothing is lost. */
static void test_much_goes_through_while_the_other_way_is_blocked(void) {
        GThread *writer;
        size_t total = 0;
        char buffer[8192];
        ssize_t n;
        World w;

        world_init(&w, -1);
        (void) fcntl(w.input, F_SETFL, O_NONBLOCK);
        while (write(w.input, buffer, sizeof(buffer)) > 0) /* nobody takes it at the other end */
                ;
        writer = g_thread_new("writer", write_much, &w.remote);
        while ((n = read(w.output, buffer, sizeof(buffer))) > 0 && total < 1024 * 1024) {
                total += (size_t) n;
                if (total == 1024 * 1024)
                        break;
        }
        g_assert_cmpuint(total, ==, 1024 * 1024);
        g_thread_join(writer);
        g_assert_cmpint(world_done(&w), ==, RELAY_REMOTE);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        (void) signal(SIGPIPE, SIG_IGN);
        g_test_add_func("/relay/bytes-go-both-ways", test_bytes_go_both_ways);
        g_test_add_func("/relay/what-came-last-is-written-before-the-end",
                        test_what_came_last_is_written_before_the_end);
        g_test_add_func("/relay/what-precedes-the-escape-is-sent", test_what_precedes_the_escape_is_sent);
        g_test_add_func("/relay/after-the-input-the-answer-is-waited-for",
                        test_after_the_input_the_answer_is_waited_for);
        g_test_add_func("/relay/output-that-nobody-reads-ends-it", test_output_that_nobody_reads_ends_it);
        g_test_add_func("/relay/it-can-be-woken", test_it_can_be_woken);
        g_test_add_func("/relay/much-goes-through-while-the-other-way-is-blocked",
                        test_much_goes_through_while_the_other_way_is_blocked);
        return g_test_run();
}
