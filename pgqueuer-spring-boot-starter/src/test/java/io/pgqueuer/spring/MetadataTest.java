package io.pgqueuer.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What editors know about the properties, and the table of them in the documentation. */
class MetadataTest {
    private final List<JsonNode> properties = read();

    @Test
    void eachPropertyHasADescription() {
        var names = new ArrayList<String>();
        collect("pgqueuer", PgQueuerProperties.class, names);
        assertThat(properties).extracting(property -> property.get("name").asString()).containsAll(names);
        assertThat(names).hasSizeGreaterThan(15);
        for (var property : properties) {
            assertThat(property.path("description").asString("")).as(property.get("name").asString()).isNotBlank();
        }
    }

    @Test
    void theTableInTheDocumentationHasThem() throws IOException {
        var page = Files.readString(Path.of("../docs/spring-boot.md"));
        for (var property : properties) {
            assertThat(page).contains(row(property));
        }
    }

    private static String row(JsonNode property) {
        var unset = property.path("defaultValue").isMissingNode();
        return "| `" + property.get("name").asString() + "` | "
                + (unset ? "" : "`" + property.get("defaultValue").asString() + "`") + " | "
                + property.path("description").asString("") + " |";
    }

    private static List<JsonNode> read() {
        try (var stream = new ClassPathResource("META-INF/spring-configuration-metadata.json").getInputStream()) {
            var found = new ArrayList<JsonNode>();
            for (var property : JsonMapper.shared().readTree(stream).get("properties")) {
                if (property.get("name").asString().startsWith("pgqueuer.")) {
                    found.add(property);
                }
            }
            return found;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void collect(String prefix, Class<?> type, List<String> names) {
        for (RecordComponent component : type.getRecordComponents()) {
            var name = prefix + "." + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT);
            if (component.getType().isRecord()) {
                collect(name, component.getType(), names);
            } else {
                names.add(name);
            }
        }
    }
}
