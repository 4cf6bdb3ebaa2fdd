package io.pgqueuer.spring.internal.dashboard;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.web.Dashboards;
import io.pgqueuer.spring.DashboardAccess;
import io.pgqueuer.spring.PgQueuerAutoConfiguration;
import io.pgqueuer.spring.PgQueuerProperties;
import io.pgqueuer.web.Dashboard;
import io.pgqueuer.web.DashboardRole;
import io.pgqueuer.web.servlet.DashboardServlet;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;

/** The web dashboard as a servlet, if it is turned on. */
@AutoConfiguration(after = PgQueuerAutoConfiguration.class)
@ConditionalOnClass({DashboardServlet.class, ServletRegistrationBean.class})
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBean(Backend.class)
@ConditionalOnBooleanProperty("pgqueuer.dashboard.enabled")
public final class DashboardAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    Dashboard pgqueuerDashboard(Backend backend) {
        return Dashboards.of(backend);
    }

    @Bean
    @ConditionalOnMissingBean(name = "pgqueuerDashboardServlet")
    ServletRegistrationBean<DashboardServlet> pgqueuerDashboardServlet(
            Dashboard dashboard, ObjectProvider<DashboardAccess> access, PgQueuerProperties properties) {
        var decides = access.getIfAvailable(() -> request -> DashboardRole.READ);
        var servlet = new DashboardServlet(dashboard, decides::roleOf);
        var registration = new ServletRegistrationBean<>(servlet, mapping(properties.dashboard().path()));
        registration.setName("pgqueuerDashboard");
        return registration;
    }

    private static String mapping(String path) {
        if (!path.startsWith("/") || path.endsWith("/")) {
            throw new InvalidConfigurationPropertyValueException(
                    "pgqueuer.dashboard.path", path, "It must begin with a slash and not end with one: /pgqueuer");
        }
        return path + "/*";
    }
}
