/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firewall.h"

#include "json-tree.h"

static void chain_free(gpointer p) {
        FirewallChain *chain = p;

        g_free(chain->family);
        g_free(chain->table);
        g_free(chain->name);
        g_free(chain->hook);
        g_free(chain->policy);
        g_free(chain);
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
        };
        g_ptr_array_add(chains, chain);
}

GPtrArray *firewall_parse_nft(const char *text) {
        GPtrArray *chains = g_ptr_array_new_with_free_func(chain_free);
        g_autoptr(JsonNode) tree = tree_parse(text);
        JsonNode *items = tree_find(tree, "nftables");

        for (guint i = 0; i < tree_length(items); i++) {
                JsonNode *chain = tree_find(tree_item(items, i), "chain");

                if (chain)
                        chain_add(chains, tree_text(chain, "family"), tree_text(chain, "table"),
                                  tree_text(chain, "name"), tree_text(chain, "hook"),
                                  tree_text(chain, "policy"));
        }
        return chains;
}

/* Of the lines "-P NAME POLICY" of the built-in chains and "-N NAME" of the others. */
GPtrArray *firewall_parse_iptables(const char *text) {
        GPtrArray *chains = g_ptr_array_new_with_free_func(chain_free);
        g_auto(GStrv) lines = g_strsplit(text, "\n", /* max_tokens= */ -1);

        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", /* max_tokens= */ -1);

                if (g_strv_length(words) == 3 && g_str_equal(words[0], "-P")) {
                        g_autofree char *hook = g_ascii_strdown(words[1], -1);
                        g_autofree char *policy = g_ascii_strdown(words[2], -1);

                        chain_add(chains, "ip", "filter", words[1], hook, policy);
                } else if (g_strv_length(words) == 2 && g_str_equal(words[0], "-N"))
                        chain_add(chains, "ip", "filter", words[1], "", "");
        }
        return chains;
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

static bool drops_guests(const GPtrArray *chains, const FirewallChain *chain, bool bridged, bool routed) {
        bool is_ip = g_str_equal(chain->family, "ip") || g_str_equal(chain->family, "inet");

        if (!g_str_equal(chain->hook, "forward") || !g_str_equal(chain->policy, "drop"))
                return false;
        if (g_str_equal(chain->family, "bridge"))
                return true;

        return is_ip && (bridged || (routed && !table_has(chains, chain, "LIBVIRT_")));
}

const FirewallChain *firewall_find_drop(const GPtrArray *chains, bool bridged, bool routed) {
        for (guint i = 0; i < chains->len; i++)
                if (drops_guests(chains, chains->pdata[i], bridged, routed))
                        return chains->pdata[i];

        return NULL;
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
