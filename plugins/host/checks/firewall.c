/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firewall.h"

#include <string.h>

#include "json-tree.h"

/* The kernel allows 16 jumps, one within the other (NFT_JUMP_STACK_SIZE). */
#define JUMPS_MAX 16U
/* Chains that jump to the same ones again and again are followed so far. */
#define STEPS_MAX 10000U

typedef enum StepKind {
        STEP_ACCEPT,
        STEP_DROP, /* or reject */
        STEP_RETURN,
        STEP_JUMP,
        STEP_GOTO,
} StepKind;

typedef struct Step {
        StepKind kind;
        char *target; /* of a jump or goto: the chain; else "" */
} Step;

static void step_free(gpointer p) {
        Step *step = p;

        g_free(step->target);
        g_free(step);
}

static void step_add(FirewallChain *chain, StepKind kind, const char *target) {
        Step *step = g_new(Step, 1);

        *step = (Step){ .kind = kind, .target = g_strdup(target) };
        g_ptr_array_add(chain->steps, step);
}

static void chain_free(gpointer p) {
        FirewallChain *chain = p;

        g_free(chain->family);
        g_free(chain->table);
        g_free(chain->name);
        g_free(chain->hook);
        g_free(chain->policy);
        g_ptr_array_unref(chain->steps);
        g_free(chain);
}

GPtrArray *firewall_chains_new(void) {
        return g_ptr_array_new_with_free_func(chain_free);
}

static void chain_add(GPtrArray *chains, const char *family, const char *table, const char *name,
                      const char *hook, const char *policy) {
        FirewallChain *chain = g_new(FirewallChain, 1);

        *chain = (FirewallChain){
                .family = g_strdup(family),
                .table = g_strdup(table),
                .name = g_strdup(name),
                .hook = g_strdup(hook),
                .policy = g_strdup(policy),
                .steps = g_ptr_array_new_with_free_func(step_free),
        };
        g_ptr_array_add(chains, chain);
}

/* NULL: none. */
static FirewallChain *chain_find(const GPtrArray *chains, const char *family, const char *table,
                                 const char *name) {
        for (guint i = 0; i < chains->len; i++) {
                FirewallChain *chain = chains->pdata[i];

                if (g_str_equal(chain->name, name) && g_str_equal(chain->table, table) &&
                    g_str_equal(chain->family, family))
                        return chain;
        }
        return NULL;
}

/*
 * nft
 */

/* Whether a statement only counts or writes: the next one follows for each packet. iptables' LOG shows as an
 * extension (xt). */
static bool statement_passes(JsonNode *statement) {
        return tree_find(statement, "counter") || tree_find(statement, "log") ||
               g_str_equal(tree_text(tree_find(statement, "xt"), "name"), "LOG");
}

/* Of a rule whose last statement, the verdict, is reached by each packet. */
static void rule_add(FirewallChain *chain, JsonNode *statement) {
        static const struct {
                const char *word;
                StepKind kind;
        } verdicts[] = {
                { "accept", STEP_ACCEPT }, { "drop", STEP_DROP }, { "reject", STEP_DROP },
                { "return", STEP_RETURN }, { "jump", STEP_JUMP }, { "goto", STEP_GOTO },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++)
                if (tree_find(statement, verdicts[i].word))
                        step_add(chain, verdicts[i].kind,
                                 tree_text(tree_find(statement, verdicts[i].word), "target"));
        if (g_str_equal(tree_text(tree_find(statement, "xt"), "name"), "REJECT"))
                step_add(chain, STEP_DROP, "");
}

static void rule_parse(const GPtrArray *chains, JsonNode *rule) {
        JsonNode *statements = tree_find(rule, "expr");
        guint i = 0, n = tree_length(statements);
        FirewallChain *chain;

        while (i < n && statement_passes(tree_item(statements, i)))
                i++;
        if (i + 1 != n)
                return;

        chain = chain_find(chains, tree_text(rule, "family"), tree_text(rule, "table"),
                           tree_text(rule, "chain"));
        if (chain)
                rule_add(chain, tree_item(statements, i));
}

GPtrArray *firewall_parse_nft(const char *text) {
        GPtrArray *chains = firewall_chains_new();
        g_autoptr(JsonNode) tree = tree_parse(text);
        JsonNode *items = tree_find(tree, "nftables");

        for (guint i = 0; i < tree_length(items); i++) {
                JsonNode *chain = tree_find(tree_item(items, i), "chain");

                if (chain)
                        chain_add(chains, tree_text(chain, "family"), tree_text(chain, "table"),
                                  tree_text(chain, "name"), tree_text(chain, "hook"),
                                  tree_text(chain, "policy"));
        }

        for (guint i = 0; i < tree_length(items); i++) {
                JsonNode *rule = tree_find(tree_item(items, i), "rule");

                if (rule)
                        rule_parse(chains, rule);
        }
        return chains;
}

/*
 * iptables
 */

/* "-A NAME -j TARGET" and "-A NAME -g TARGET"; what may follow are options of REJECT. */
static void line_add_step(const GPtrArray *chains, const char *family, char **words) {
        static const struct {
                const char *word;
                StepKind kind;
        } targets[] = { { "ACCEPT", STEP_ACCEPT },
                        { "DROP", STEP_DROP },
                        { "REJECT", STEP_DROP },
                        { "RETURN", STEP_RETURN } };
        FirewallChain *chain = chain_find(chains, family, "filter", words[1]);

        if (!chain || (!g_str_equal(words[2], "-j") && !g_str_equal(words[2], "-g")))
                return;

        for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
                if (g_str_equal(words[3], targets[i].word)) {
                        step_add(chain, targets[i].kind, "");
                        return;
                }
        step_add(chain, g_str_equal(words[2], "-g") ? STEP_GOTO : STEP_JUMP, words[3]);
}

/* The lines "-P NAME POLICY" of the built-in chains and "-N NAME" of the others stand before all rules. */
void firewall_parse_iptables(GPtrArray *chains, const char *family, const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", /* max_tokens= */ -1);

        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", /* max_tokens= */ -1);
                guint n = g_strv_length(words);

                if (n == 3 && g_str_equal(words[0], "-P")) {
                        g_autofree char *hook = g_ascii_strdown(words[1], -1);
                        g_autofree char *policy = g_ascii_strdown(words[2], -1);

                        chain_add(chains, family, "filter", words[1], hook, policy);
                } else if (n == 2 && g_str_equal(words[0], "-N"))
                        chain_add(chains, family, "filter", words[1], "", "");
                else if (n >= 4 && g_str_equal(words[0], "-A"))
                        line_add_step(chains, family, words);
        }
}

/*
 * What becomes of a packet
 */

typedef enum Fate { FATE_OPEN, FATE_ACCEPTED, FATE_DROPPED } Fate;

typedef struct Walk {
        const GPtrArray *chains;
        unsigned n_steps;
} Walk;

/* FATE_OPEN: the chain ends, or returns, without a word. */
static Fate chain_walk(Walk *walk, const FirewallChain *chain, unsigned n_jumps) {
        for (guint i = 0; i < chain->steps->len; i++) {
                const Step *step = chain->steps->pdata[i];
                const FirewallChain *next;
                Fate fate;

                if (++walk->n_steps > STEPS_MAX || step->kind == STEP_RETURN)
                        return FATE_OPEN;
                if (step->kind == STEP_ACCEPT)
                        return FATE_ACCEPTED;
                if (step->kind == STEP_DROP)
                        return FATE_DROPPED;

                next = n_jumps < JUMPS_MAX
                                       ? chain_find(walk->chains, chain->family, chain->table, step->target)
                                       : NULL;
                fate = next ? chain_walk(walk, next, n_jumps + 1) : FATE_OPEN;
                if (fate != FATE_OPEN || step->kind == STEP_GOTO)
                        return fate;
        }
        return FATE_OPEN;
}

static bool chain_drops(const GPtrArray *chains, const FirewallChain *chain) {
        Walk walk = { .chains = chains };
        Fate fate = chain_walk(&walk, chain, /* n_jumps= */ 0);

        return fate == FATE_DROPPED || (fate == FATE_OPEN && g_str_equal(chain->policy, "drop"));
}

/* Whether the packets of libvirt's networks have rules there: of libvirt itself, or of its zone of
 * firewalld. */
static bool knows_libvirt(const GPtrArray *chains, const FirewallChain *of) {
        for (guint i = 0; i < chains->len; i++) {
                const FirewallChain *chain = chains->pdata[i];

                if (g_str_equal(chain->family, of->family) && g_str_equal(chain->table, of->table) &&
                    (g_str_has_prefix(chain->name, "LIBVIRT_") || strstr(chain->name, "_libvirt")))
                        return true;
        }
        return false;
}

/* Whether packets of guests pass a chain that is hooked there. */
static bool is_passed(const GPtrArray *chains, const FirewallChain *chain, const FirewallPaths *paths) {
        const struct {
                const char *family;
                bool bridged;
        } families[] = {
                { "ip", paths->bridged_ip },
                { "ip6", paths->bridged_ip6 },
                { "inet", paths->bridged_ip || paths->bridged_ip6 },
        };

        if (g_str_equal(chain->family, "bridge"))
                return true;

        for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
                if (g_str_equal(chain->family, families[i].family))
                        return families[i].bridged || (paths->routed && !knows_libvirt(chains, chain));
        return false;
}

const FirewallChain *firewall_find_drop(const GPtrArray *chains, const FirewallPaths *paths) {
        for (guint i = 0; i < chains->len; i++) {
                const FirewallChain *chain = chains->pdata[i];

                if (g_str_equal(chain->hook, "forward") && is_passed(chains, chain, paths) &&
                    chain_drops(chains, chain))
                        return chain;
        }
        return NULL;
}

/* Whether the table of a chain has a chain whose name begins so. */
static bool table_has(const GPtrArray *chains, const FirewallChain *of, const char *prefix) {
        for (guint i = 0; i < chains->len; i++) {
                const FirewallChain *chain = chains->pdata[i];

                if (g_str_equal(chain->family, of->family) && g_str_equal(chain->table, of->table) &&
                    g_str_has_prefix(chain->name, prefix))
                        return true;
        }
        return false;
}

char *firewall_find_maker(const GPtrArray *chains, const FirewallChain *chain) {
        static const struct {
                const char *prefix, *maker;
        } makers[] = {
                { "DOCKER", "docker" },
                { "ufw-", "ufw" },
        };

        if (g_str_equal(chain->table, "firewalld"))
                return g_strdup("firewalld");

        for (size_t i = 0; i < G_N_ELEMENTS(makers); i++)
                if (table_has(chains, chain, makers[i].prefix))
                        return g_strdup(makers[i].maker);
        return g_strdup_printf("%s %s %s", chain->family, chain->table, chain->name);
}
