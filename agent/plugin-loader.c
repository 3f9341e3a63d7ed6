/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin-loader.h"

#include <dlfcn.h>
#include <errno.h>

#include "common/log.h"

static const PluginDescriptor *plugin_open(const char *path) {
        const PluginDescriptor *descriptor;
        void *module;

        module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (!module) {
                log_error("Cannot load the plugin, leaving it out: %s", dlerror());
                return NULL;
        }

        descriptor = dlsym(module, PLUGIN_SYMBOL);
        if (!descriptor)
                log_error("%s is no plugin (it has no symbol %s), leaving it out.", path, PLUGIN_SYMBOL);
        else if (descriptor->abi != PLUGIN_ABI) {
                log_error("%s was built for the plugin ABI %u, this agent has %u, leaving it out.", path,
                          descriptor->abi, PLUGIN_ABI);
                descriptor = NULL;
        }

        dlclose(module);
        return descriptor;
}

static bool plugins_have(const GArray *plugins, const char *name) {
        for (guint i = 0; i < plugins->len; i++)
                if (g_str_equal(g_array_index(plugins, Plugin, i).descriptor->name, name))
                        return true;

        return false;
}

static void plugins_add(GArray *plugins, const char *path, const Services *services) {
        Plugin plugin = { .descriptor = plugin_open(path) };
        int r;

        if (!plugin.descriptor)
                return;

        if (plugins_have(plugins, plugin.descriptor->name)) {
                log_error("%s: there is a plugin \"%s\" already, leaving it out.", path,
                          plugin.descriptor->name);
                return;
        }

        r = plugin.descriptor->create(services, &plugin.instance);
        if (r < 0) {
                log_error("Plugin \"%s\" cannot be made, leaving it out: %s", plugin.descriptor->name,
                          g_strerror(-r));
                return;
        }

        g_array_append_val(plugins, plugin);
}

static gint compare_names(gconstpointer a, gconstpointer b) {
        return g_strcmp0(*(const char *const *) a, *(const char *const *) b);
}

int plugins_load(const char *folder, const Services *services, GArray **ret) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        g_autoptr(GDir) dir = NULL;
        GArray *plugins;
        const char *name;

        dir = g_dir_open(folder, /* flags= */ 0, &error);
        if (!dir) {
                log_error("Cannot read the plugins: %s", error->message);
                return -ENOENT;
        }

        while ((name = g_dir_read_name(dir)))
                if (g_str_has_suffix(name, ".so"))
                        g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, compare_names);

        plugins = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Plugin));
        for (guint i = 0; i < names->len; i++) {
                g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
                plugins_add(plugins, path, services);
        }

        *ret = plugins;
        return 0;
}

GArray *plugins_free(GArray *plugins) {
        if (!plugins)
                return NULL;

        for (guint i = plugins->len; i > 0; i--) {
                Plugin *plugin = &g_array_index(plugins, Plugin, i - 1);
                plugin->descriptor->free(plugin->instance);
        }

        g_array_unref(plugins);
        return NULL;
}
