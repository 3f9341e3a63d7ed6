/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"

/*
 * bench-raw: what the bus itself can carry. It asks the agent for GetManagedObjects and ListMachines once,
 * keeps the bytes, and answers both with them, without a library between it and the bus.
 */

enum { CALL = 1, RETURN = 2 };
enum {
        FIELD_PATH = 1,
        FIELD_INTERFACE,
        FIELD_MEMBER,
        FIELD_ERROR,
        FIELD_REPLY_SERIAL,
        FIELD_DESTINATION,
        FIELD_SENDER,
        FIELD_SIGNATURE
};

typedef struct Buffer {
        uint8_t *bytes;
        size_t n, size;
} Buffer;

typedef struct Message {
        uint8_t type;
        uint32_t serial, reply_serial;
        char path[128], interface[128], member[128], peer[128], signature[128]; /* "": none */
        const uint8_t *body;
        size_t n_body;
} Message;

static int bus;
static uint32_t last_serial;
static Message managed, list;

static void *buffer_grow(Buffer *b, size_t n) {
        if (b->n + n > b->size) {
                b->size = 2 * (b->n + n);
                b->bytes = realloc(b->bytes, b->size);
                if (!b->bytes)
                        abort();
        }
        b->n += n;
        return memset(b->bytes + b->n - n, 0, n);
}

static size_t aligned(size_t n, size_t to) {
        return (n + to - 1) / to * to;
}

static void put_align(Buffer *b, size_t to) {
        (void) buffer_grow(b, aligned(b->n, to) - b->n);
}

static void put_byte(Buffer *b, uint8_t value) {
        memcpy(buffer_grow(b, 1), &value, 1);
}

static void put_u32(Buffer *b, uint32_t value) {
        put_align(b, 4);
        memcpy(buffer_grow(b, 4), &value, 4);
}

static void put_string(Buffer *b, const char *text) {
        put_u32(b, (uint32_t) strlen(text));
        memcpy(buffer_grow(b, strlen(text) + 1), text, strlen(text));
}

static void put_signature(Buffer *b, const char *text) {
        put_byte(b, (uint8_t) strlen(text));
        memcpy(buffer_grow(b, strlen(text) + 1), text, strlen(text));
}

/* A field of the header: its number, and a variant. */
static void put_field(Buffer *b, uint8_t field, char type, const char *text) {
        const char signature[] = { type, '\0' };

        if (*text == '\0')
                return;
        put_align(b, 8);
        put_byte(b, field);
        put_signature(b, signature);
        if (type == 'g')
                put_signature(b, text);
        else
                put_string(b, text);
}

static void write_all(struct iovec *parts, int n) {
        while (n > 0) {
                ssize_t done = writev(bus, parts, n);

                must(done < 0 ? -errno : 0, "write");
                for (; n > 0 && (size_t) done >= parts->iov_len; parts++, n--)
                        done -= (ssize_t) parts->iov_len;
                if (n > 0) {
                        parts->iov_base = (uint8_t *) parts->iov_base + done;
                        parts->iov_len -= (size_t) done;
                }
        }
}

static uint32_t message_send(const Message *m) {
        const uint8_t start[] = { __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B', m->type, 0, 1 };
        static Buffer header;
        uint32_t size;

        header.n = 0;
        memcpy(buffer_grow(&header, sizeof(start)), start, sizeof(start));
        put_u32(&header, (uint32_t) m->n_body);
        put_u32(&header, ++last_serial);
        put_u32(&header, 0); /* size of the fields, below */
        put_field(&header, FIELD_PATH, 'o', m->path);
        put_field(&header, FIELD_INTERFACE, 's', m->interface);
        put_field(&header, FIELD_MEMBER, 's', m->member);
        put_field(&header, FIELD_DESTINATION, 's', m->peer);
        put_field(&header, FIELD_SIGNATURE, 'g', m->signature);
        if (m->reply_serial != 0) {
                put_align(&header, 8);
                put_byte(&header, FIELD_REPLY_SERIAL);
                put_signature(&header, "u");
                put_u32(&header, m->reply_serial);
        }
        size = (uint32_t) header.n - 16;
        memcpy(header.bytes + 12, &size, 4);
        put_align(&header, 8);

        write_all((struct iovec[]){ { header.bytes, header.n }, { (void *) m->body, m->n_body } }, 2);
        return last_serial;
}

static uint32_t get_u32(const uint8_t *bytes, size_t *at) {
        uint32_t value;

        *at = aligned(*at, 4);
        memcpy(&value, bytes + *at, 4);
        *at += 4;
        return value;
}

static void get_text(const uint8_t *bytes, size_t *at, size_t n, char *ret, size_t size) {
        snprintf(ret, size, "%.*s", (int) n, (const char *) bytes + *at);
        *at += n + 1;
}

static void message_parse(const uint8_t *bytes, size_t end, Message *ret) {
        size_t at = 8;

        *ret = (Message){ .type = bytes[1] };
        ret->serial = get_u32(bytes, &at);
        for (at = 16; (at = aligned(at, 8)) < end;) {
                char text[128];
                uint8_t field = bytes[at++];
                char type = (char) bytes[at + 1];

                at += 3; /* the signature of the variant: one type */
                if (type == 'u') {
                        uint32_t number = get_u32(bytes, &at);
                        if (field == FIELD_REPLY_SERIAL)
                                ret->reply_serial = number;
                        continue;
                }
                if (type == 'g') {
                        size_t n = bytes[at++];
                        get_text(bytes, &at, n, text, sizeof(text));
                } else {
                        size_t n = get_u32(bytes, &at);
                        get_text(bytes, &at, n, text, sizeof(text));
                }
                if (field == FIELD_MEMBER)
                        memcpy(ret->member, text, sizeof(text));
                if (field == FIELD_SENDER)
                        memcpy(ret->peer, text, sizeof(text));
                if (field == FIELD_SIGNATURE)
                        memcpy(ret->signature, text, sizeof(text));
        }
}

static void read_to(Buffer *b, size_t n) {
        while (b->n < n) {
                size_t before = b->n;
                ssize_t got;

                (void) buffer_grow(b, n - before);
                got = read(bus, b->bytes + before, n - before);
                must(got < 0 ? -errno : got == 0 ? -ECONNRESET : 0, "read");
                b->n = before + (size_t) got;
        }
}

/* The next message; its body is valid until the next call. */
static void message_receive(Message *ret) {
        static Buffer b;
        size_t at = 4, n_body, n_fields;

        b.n = 0;
        read_to(&b, 16);
        n_body = get_u32(b.bytes, &at);
        at = 12;
        n_fields = get_u32(b.bytes, &at);
        read_to(&b, aligned(16 + n_fields, 8) + n_body);
        message_parse(b.bytes, 16 + n_fields, ret);
        ret->body = b.bytes + aligned(16 + n_fields, 8);
        ret->n_body = n_body;
}

/* Calls and keeps the answer for ever. */
static Message ask(const char *name, const char *path, const char *interface, const char *member,
                   const char *signature, const Buffer *body) {
        Message call = { .type = CALL }, answer;
        uint32_t serial;
        void *copy;

        snprintf(call.peer, sizeof(call.peer), "%s", name);
        snprintf(call.path, sizeof(call.path), "%s", path);
        snprintf(call.interface, sizeof(call.interface), "%s", interface);
        snprintf(call.member, sizeof(call.member), "%s", member);
        snprintf(call.signature, sizeof(call.signature), "%s", signature);
        call.body = body ? body->bytes : NULL;
        call.n_body = body ? body->n : 0;
        serial = message_send(&call);
        do
                message_receive(&answer);
        while (answer.reply_serial != serial);
        must(answer.type == RETURN ? 0 : -EPROTO, member);

        copy = malloc(answer.n_body + 1);
        if (!copy)
                abort();
        answer.body = memcpy(copy, answer.body, answer.n_body);
        return answer;
}

static void open_bus(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/run/dbus/system_bus_socket" };
        char uid[16], line[256];

        bus = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(bus < 0 || connect(bus, (struct sockaddr *) &address, sizeof(address)) < 0 ? -errno : 0, "bus");
        snprintf(uid, sizeof(uid), "%u", (unsigned) geteuid());
        dprintf(bus, "%cAUTH EXTERNAL ", 0);
        for (const char *p = uid; *p; p++)
                dprintf(bus, "%02x", (unsigned) *p);
        dprintf(bus, "\r\n");
        must(read(bus, line, sizeof(line)) > 2 && memcmp(line, "OK", 2) == 0 ? 0 : -EACCES,
             "authentication");
        dprintf(bus, "BEGIN\r\n");
}

int main(void) {
        Buffer options = { 0 }, name = { 0 };
        Message call;

        open_bus();
        (void) ask("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", "",
                   NULL);
        managed = ask(AGENT_NAME, AGENT_PATH, OBJECT_MANAGER, "GetManagedObjects", "", NULL);
        put_u32(&options, 0);
        put_align(&options, 8);
        list = ask(AGENT_NAME, AGENT_PATH, AGENT_NAME ".Machines", "ListMachines", "a{sv}", &options);
        put_string(&name, RAW_NAME);
        put_u32(&name, 0);
        (void) ask("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                   "su", &name);
        printf("%zu %zu\n", managed.n_body, list.n_body);
        fflush(stdout);

        for (;;) {
                Message answer = { .type = RETURN };

                message_receive(&call);
                if (call.type != CALL)
                        continue;
                if (strcmp(call.member, "GetManagedObjects") == 0)
                        answer = managed;
                else if (strcmp(call.member, "ListMachines") == 0)
                        answer = list;
                memcpy(answer.peer, call.peer, sizeof(answer.peer));
                answer.reply_serial = call.serial;
                (void) message_send(&answer);
        }
}
