package io.pgqueuer.spring.internal.health;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.health.actuate.endpoint.AdditionalHealthEndpointPath;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroup;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroupsPostProcessor;
import org.springframework.boot.health.actuate.endpoint.HttpCodeStatusMapper;
import org.springframework.boot.health.actuate.endpoint.StatusAggregator;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/** Adds the queue to the readiness group, which Spring Boot has made, and to no other. */
final class ReadinessMember implements HealthEndpointGroupsPostProcessor, Ordered {
    private static final String READINESS = "readiness";

    private final String member;
    private final boolean isListed;

    ReadinessMember(String member, Environment environment) {
        this.member = member;
        var include = Bindable.listOf(String.class);
        // An application that lists the members itself has chosen.
        this.isListed = Binder.get(environment)
                .bind("management.endpoint.health.group.readiness.include", include)
                .isBound();
    }

    /** As that of Spring Boot, which adds the group and is registered before. */
    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }

    @Override
    public HealthEndpointGroups postProcessHealthEndpointGroups(HealthEndpointGroups groups) {
        var readiness = groups.get(READINESS);
        return readiness == null || isListed ? groups : new Groups(groups, new Group(readiness, member));
    }

    /** Delegates, so that what the groups know about additional paths is kept. */
    private record Groups(HealthEndpointGroups groups, HealthEndpointGroup readiness) implements HealthEndpointGroups {
        @Override
        public HealthEndpointGroup getPrimary() {
            return groups.getPrimary();
        }

        @Override
        public Set<String> getNames() {
            return groups.getNames();
        }

        @Override
        public @Nullable HealthEndpointGroup get(String name) {
            return name.equals(READINESS) ? readiness : groups.get(name);
        }
    }

    private record Group(HealthEndpointGroup group, String member) implements HealthEndpointGroup {
        @Override
        public boolean isMember(String name) {
            return name.equals(member) || group.isMember(name);
        }

        @Override
        public boolean showComponents(SecurityContext securityContext) {
            return group.showComponents(securityContext);
        }

        @Override
        public boolean showDetails(SecurityContext securityContext) {
            return group.showDetails(securityContext);
        }

        @Override
        public StatusAggregator getStatusAggregator() {
            return group.getStatusAggregator();
        }

        @Override
        public HttpCodeStatusMapper getHttpCodeStatusMapper() {
            return group.getHttpCodeStatusMapper();
        }

        @Override
        public @Nullable AdditionalHealthEndpointPath getAdditionalPath() {
            return group.getAdditionalPath();
        }
    }
}
